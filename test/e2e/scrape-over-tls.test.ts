import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { afterAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { createAuthority, describeWithOpenssl } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/ports.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { startCli, startProgram } from "../support/processes.ts";
import { describeWith } from "../support/programs.ts";
import { startWorker } from "../support/serve.ts";
import { makeFolder } from "../support/temporary-server.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const database = useTestDatabase();
const file = (name: string) => join(folder, name);
const write = (name: string, content: object | string) =>
  writeFileSync(file(name), typeof content === "string" ? content : stringify(content), { mode: 0o600 });

interface Target {
  labels: { job: string; worker?: string };
  health: string;
  lastError: string;
}

describeWith("prometheus", "Prometheus", (prometheus) => {
  describeWithOpenssl("over TLS, with a password and a client's certificate", () => {
    it("finds and scrapes exporter and worker, and without the certificate it gets nothing", async () => {
      const ca = createAuthority(folder);
      ca.issue("server");
      ca.issue("prometheus", "DNS:prometheus.internal");
      write("web.yml", {
        tls_server_config: {
          cert_file: "server.crt",
          key_file: "server.key",
          client_ca_file: "ca.crt",
          client_auth_type: "RequireAndVerifyClientCert",
          client_allowed_sans: ["prometheus.internal"],
        },
        basic_auth_users: { prometheus: hashSync("the password", 10) },
      });
      write("password", "the password");

      const serve = startCli([
        "serve",
        `--database.url=${database().url}`,
        "--web.listen-address=127.0.0.1:0",
        `--web.config.file=${file("web.yml")}`,
      ]);
      const [, port] = await serve.line(/"port":(\d+),"msg":"listening"/, 30_000);
      const worker = await startWorker({
        databaseUrl: database().url,
        worker: "worker-1",
        listen: "127.0.0.1:0",
        webConfigFile: file("web.yml"),
      });

      const withoutCertificate = {
        scheme: "https",
        tls_config: { ca_file: file("ca.crt") },
        basic_auth: { username: "prometheus", password_file: file("password") },
      };
      const { scheme, ...trusted } = {
        ...withoutCertificate,
        tls_config: {
          ca_file: file("ca.crt"),
          cert_file: file("prometheus.crt"),
          key_file: file("prometheus.key"),
        },
      };
      const exporter = [{ targets: [`127.0.0.1:${port}`] }];
      write("prometheus.yml", {
        global: { scrape_interval: "1s", scrape_timeout: "1s" },
        scrape_configs: [
          { job_name: "exporter", scheme, ...trusted, static_configs: exporter },
          { job_name: "stranger", ...withoutCertificate, static_configs: exporter },
          {
            job_name: "worker",
            scheme,
            ...trusted,
            http_sd_configs: [
              { url: `https://127.0.0.1:${port}/sd/workers`, refresh_interval: "1s", ...trusted },
            ],
          },
        ],
      });
      const address = `127.0.0.1:${await freePort()}`;
      const server = startProgram(prometheus, [
        `--config.file=${file("prometheus.yml")}`,
        `--storage.tsdb.path=${file("tsdb")}`,
        `--web.listen-address=${address}`,
      ]);
      // A single scrape may come too late on a busy machine.
      const targets = await eventually(
        "Prometheus scrapes both, and the stranger nothing",
        async () => {
          const response = await fetch(`http://${address}/api/v1/targets`);
          const { data } = (await response.json()) as { data: { activeTargets: Target[] } };
          const found = data.activeTargets;
          const healthOf = Object.fromEntries(found.map(({ labels, health }) => [labels.job, health]));
          expect(healthOf, JSON.stringify(found)).toEqual({ exporter: "up", worker: "up", stranger: "down" });
          return found;
        },
        30_000,
      );
      expect(targets.find(({ labels }) => labels.job === "worker")?.labels.worker).toBe("worker-1");
      for (const process of [server, worker, serve]) await process.end();
    });
  });
});
