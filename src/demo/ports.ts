import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/**
 * Picks ports: the wanted one where it is free and this picker has not given it away, else any free one.
 * Host undefined: free on every interface.
 */
export function portPicker(): (wanted: number, host: string | undefined) => Promise<number> {
  const given = new Set<number>();
  return async (wanted, host) => {
    const taken = given.has(wanted);
    const port = (taken ? undefined : await tryPort(wanted, host)) ?? (await tryPort(0, host));
    if (port === undefined) throw new Error(`no free port on ${host ?? "this machine"}`);
    given.add(port);
    return port;
  };
}

async function tryPort(wanted: number, host: string | undefined): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(wanted, host);
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}
