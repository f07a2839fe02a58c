import { atEndOfFile } from "./end-of-file.ts";
import { startProxy, type TcpProxy } from "./tcp-proxy.ts";

const open = new Set<TcpProxy>();
atEndOfFile(async () => {
  for (const proxy of open) await proxy.close();
});

/** A proxy that is closed at the end of the test file, where the test has not done so. */
export async function startTestProxy(targetUrl: string): Promise<TcpProxy> {
  const proxy = await startProxy(targetUrl);
  open.add(proxy);
  return proxy;
}
