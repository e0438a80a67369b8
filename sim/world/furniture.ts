import { FileSystem } from "./file_system.ts";
import { Tree } from "./tree.ts";

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

/** Where a machine mounts file systems as it is switched on. */
const MOUNT_POINTS = ["/run", "/dev/shm", "/proc", "/sys/fs/cgroup"];
const DEVICE = 64_512;

/** Disks as they are sold, by what is on them: they are the same for all machines, which get copies. */
const furnished = new Map<string, FileSystem>();

/**
 * A disk with the files that a machine with the packages that we need has, and some programs.
 *
 * @param madeMicros when everything on it was written, in microseconds since 1970
 */
export function furnishedDisk(programs: readonly string[], madeMicros: number): FileSystem {
  const key = `${madeMicros} ${programs.join(" ")}`;
  let disk = furnished.get(key);
  if (disk === undefined) {
    disk = new FileSystem("ext4", DEVICE);
    const tree = new Tree(disk, () => madeMicros);
    for (const folder of MOUNT_POINTS) tree.mkdirs("furnish", folder, 0o755);
    furnish(tree, programs);
    furnished.set(key, disk);
  }
  return new FileSystem("ext4", DEVICE, disk);
}

function furnish(tree: Tree, programs: readonly string[]): void {
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
