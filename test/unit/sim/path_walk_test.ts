import { assertEquals } from "@std/assert";
import { FileSystem } from "../../../sim/world/file_system.ts";
import { Tree } from "../../../sim/world/tree.ts";

/** A tree in which `/a/b/file` says "first", and has been looked up. */
function tree(): Tree {
  const tree = new Tree(new FileSystem("ext4", 1), () => 1);
  tree.mkdirs("test", "/a/b", 0o755);
  tree.mkdirs("test", "/c/b", 0o755);
  tree.write("test", "/a/b/file", "first", 0o644);
  tree.write("test", "/c/b/file", "second", 0o644);
  assertEquals(read(tree), "first");
  return tree;
}

function read(tree: Tree, path = "/a/b/file"): unknown {
  return tree.find(path)?.inode.content;
}

Deno.test("Tree.find() sees that a folder above was renamed", () => {
  const names = tree();
  names.rename("test", "/a", "/d");
  assertEquals(read(names), undefined);
  assertEquals(read(names, "/d/b/file"), "first");
  names.rename("test", "/c", "/a");
  assertEquals(read(names), "second");
});

Deno.test("Tree.find() sees that a folder above was removed, and made again", () => {
  const names = tree();
  names.unlink("test", names.parentOf("test", "/a/b/file"));
  names.unlink("test", names.parentOf("test", "/a/b"));
  assertEquals(names.find("/a/b/other"), undefined);
  names.mkdirs("test", "/a/b", 0o755);
  names.write("test", "/a/b/file", "third", 0o644);
  assertEquals(read(names, "/a/../a/b/file"), "third");
});

Deno.test("Tree.find() sees mounts on a folder above come and go, bound ones among them", () => {
  const names = tree();
  names.mount("test", "/c", "/a", "bind", []);
  assertEquals(read(names), "second");
  names.mount("test", "tmpfs", "/a/b", "tmpfs", []);
  assertEquals(read(names), undefined);
  names.unmount("test", "/a/b");
  assertEquals(read(names), "second");
  names.unmount("test", "/a");
  assertEquals(read(names), "first");
});

Deno.test("Tree.find() follows a symlink in the middle of a path to where it leads now", () => {
  const names = tree();
  names.symlink("test", "/a", "/way");
  assertEquals(read(names, "/way/b/file"), "first");
  names.unlink("test", names.parentOf("test", "/way"));
  names.symlink("test", "/c", "/way");
  assertEquals(read(names, "/way/b/file"), "second");
  assertEquals(read(names, "/way/../c/./b/file"), "second");
});

Deno.test("Tree.find() sees a folder of an overlay as its layers are now", () => {
  const names = tree();
  for (const folder of ["/upper", "/work", "/merged"]) names.mkdirs("test", folder, 0o755);
  const layers = ["lowerdir=/a", "upperdir=/upper", "workdir=/work"];
  names.mount("test", "overlay", "/merged", "overlay", layers);
  assertEquals(read(names, "/merged/b/file"), "first");
  names.mkdirs("test", "/upper/b", 0o755);
  names.write("test", "/upper/b/file", "third", 0o644);
  assertEquals(read(names, "/merged/b/file"), "third");
});

Deno.test("Tree.find() sees that an empty folder is covered, and no more", () => {
  const names = tree();
  names.mkdirs("test", "/e", 0o755);
  assertEquals(names.find("/e/file"), undefined);
  names.mount("test", "tmpfs", "/e", "tmpfs", []);
  names.write("test", "/e/file", "third", 0o644);
  assertEquals(read(names, "/e/file"), "third");
  names.unmount("test", "/e");
  assertEquals(read(names, "/e/file"), undefined);
});

Deno.test("Tree.find() sees that folders went with the file system that they were on", () => {
  const names = tree();
  names.mkdirs("test", "/e", 0o755);
  names.mount("test", "tmpfs", "/e", "tmpfs", []);
  names.mkdirs("test", "/e/a/b", 0o755);
  names.write("test", "/e/a/b/file", "third", 0o644);
  assertEquals(read(names, "/e/a/b/file"), "third");
  names.unmount("test", "/e");
  assertEquals(read(names, "/e/a/b/file"), undefined);
  names.mkdirs("test", "/e/a/b", 0o755);
  assertEquals(read(names, "/e/a/b/file"), undefined);
});
