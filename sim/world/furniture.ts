import type { Tree } from "./tree.ts";

const RESOLV_CONF = "nameserver 10.0.2.3\n";
const PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/sh\n";
const GROUP = "root:x:0:\nnogroup:x:65534:\n";

const CNI_CONFIGURATION = {
  cniVersion: "1.0.0",
  name: "sim",
  plugins: [
    {
      type: "bridge",
      bridge: "sim0",
      isGateway: true,
      ipMasq: false,
      ipam: {
        type: "host-local",
        ranges: [[{ subnet: "10.88.0.0/24" }]],
        routes: [{ dst: "0.0.0.0/0" }],
      },
    },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
};

/** Where programs stand that are not in /usr/bin, as Debian's packages put them. */
const PROGRAM_FOLDERS: Readonly<Record<string, string>> = {
  runc: "/usr/sbin",
  bridge: "/usr/lib/cni",
  "host-local": "/usr/lib/cni",
  loopback: "/usr/lib/cni",
  portmap: "/usr/lib/cni",
  ptp: "/usr/lib/cni",
};

/** Puts the files onto the disk that a machine with the packages that we need has. */
export function furnish(tree: Tree, programs: Iterable<string>): void {
  for (
    const folder of ["/tmp", "/root", "/var/lib", "/var/log", "/etc/cni/net.d", "/usr/bin", "/dev"]
  ) {
    tree.mkdirs("furnish", folder, 0o755);
  }
  tree.write("furnish", "/etc/resolv.conf", RESOLV_CONF, 0o644);
  tree.write("furnish", "/etc/passwd", PASSWD, 0o644);
  tree.write("furnish", "/etc/group", GROUP, 0o644);
  tree.write("furnish", "/etc/hostname", "machine\n", 0o644);
  tree.write("furnish", "/etc/hosts", "127.0.0.1\tlocalhost\n127.0.1.1\tmachine\n", 0o644);
  tree.write(
    "furnish",
    "/etc/cni/net.d/10-sim.conflist",
    JSON.stringify(CNI_CONFIGURATION, undefined, 2),
    0o644,
  );
  tree.mkdirs("furnish", "/usr/share/containers", 0o755);
  tree.write(
    "furnish",
    "/usr/share/containers/seccomp.json",
    JSON.stringify({ defaultAction: "SCMP_ACT_ERRNO", syscalls: [] }),
    0o644,
  );
  tree.symlink("furnish", "usr/bin", "/bin");
  for (const name of programs) {
    const folder = PROGRAM_FOLDERS[name] ?? "/usr/bin";
    tree.mkdirs("furnish", folder, 0o755);
    tree.write("furnish", `${folder}/${name}`, "\x7fELF", 0o755);
  }
}
