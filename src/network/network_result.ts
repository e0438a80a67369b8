/**
 * A pod's addresses in a plugin's result, without prefix lengths: those of `interfaceName` or of no
 * interface in particular, the first IPv4 address before all others, since that is a pod's primary one
 * unless there is none (CNI spec 1.0, Section 5, ADD success).
 */
export function addressesOf(result: unknown, interfaceName: string): readonly string[] {
  const root = isRecord(result) ? result : {};
  const interfaces = listOf(root["interfaces"]);
  const addresses = listOf(root["ips"]).flatMap((it) => {
    const index = it["interface"];
    const owner = typeof index === "number" ? interfaces[index] : undefined;
    // What has no sandbox is the host's end.
    if (owner !== undefined && owner["name"] !== interfaceName) return [];
    const address = it["address"];
    return typeof address === "string" ? addressOf(address) : [];
  });
  const primary = addresses.find((it) => !it.includes(":"));
  if (primary === undefined) return addresses;
  return [primary, ...addresses.filter((it) => it !== primary)];
}

function addressOf(text: string): readonly string[] {
  const address = text.replace(/\/[0-9]{1,3}$/, "");
  const isV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\.(?!$)|$)){4}$/.test(address);
  const isV6 = /^[0-9a-fA-F:]{2,39}$/.test(address) && address.includes(":");
  return isV4 || isV6 ? [address] : [];
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map((it) => isRecord(it) ? it : {}) : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
