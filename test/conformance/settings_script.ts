/**
 * Changes settings of the namespaces that it is in, which are to be its own, and prints for each whether
 * `InheritedSettings` has seen it.
 *
 * @module
 */

import { InheritedSettings } from "../../real/inherited_settings.ts";

const CHANGES = [
  ["net/ipv4/conf/all/rp_filter", "2"],
  ["net/ipv4/conf/default/arp_ignore", "2"],
  ["net/ipv4/ip_forward", "1"],
  ["net/ipv4/tcp_rmem", "4096 50000 60000"],
  ["kernel/hostname", "another"],
  ["kernel/domainname", "another.example"],
] as const;

using settings = new InheritedSettings();
for (const [name, value] of CHANGES) {
  const [before, same] = [settings.of(["net", "uts"]), settings.of(["net", "uts"])];
  Deno.writeTextFileSync(`/proc/sys/${name}`, value);
  const isSeen = before === same && settings.of(["net", "uts"]) !== before;
  console.log(`${name} ${isSeen ? "seen" : "missed"}`);
}
console.log(settings.of(["ipc"]) === "" ? "ipc has none" : "ipc has some");
