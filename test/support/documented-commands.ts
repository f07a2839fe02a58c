/**
 * Every command that a document shows in a block of `sh`, by the words that it begins with (the longest entry counts):
 * which test runs it, or why none does here.
 */
export interface DocumentedCommand {
  begins: string;
  /** only in this document */
  in?: string;
  /** the test that runs it, in which `as`, by default the last of the words, stands */
  runBy?: string;
  as?: string;
  notRun?: string;
}

const OPERATOR = "test/integration/operator-commands.test.ts";
const BACKUP = "test/integration/export-import.test.ts";
const ADOPTING = {
  in: "docs/adopting.md",
  runBy: "test/integration/adopting.test.ts",
  as: "docs/adopting.md",
};
const FILTER = "of the system; it filters what comes before or goes behind";
const PLAIN = "of the system; it prepares what follows";
const SERVER = "asks or tells a server at its place";

export const DOCUMENTED_COMMANDS: readonly DocumentedCommand[] = [
  { begins: "npm ci", runBy: ".ci/run" },
  { begins: "npm test", runBy: ".ci/run", as: "npm run check" },
  { begins: "npm run check", runBy: ".ci/run" },
  { begins: "npm run bench", runBy: ".ci/run", as: "npm run bench -- --quick" },
  { begins: "npm run chaos", runBy: "test/chaos/chaos.test.ts", as: "chaos/run.ts" },
  { begins: "npm run generate", runBy: "package.json", as: "npm run generate -- --check" },
  {
    begins: "npm run test:rules:mutants",
    notRun: "alters the rules again and again; its result is test/golden/rule-mutants.json",
  },
  { begins: "npm run sbom", runBy: "test/unit/supply-chain.test.ts", as: "npm run sbom" },
  { begins: "npm audit", notRun: "asks npm's registry" },
  { begins: "npm run demo", runBy: "test/e2e/demo.test.ts" },
  { begins: "npm start", runBy: "test/e2e/serve.test.ts", as: "serve" },
  {
    begins: "npx vitest run",
    notRun: "it would run tests inside a test; its projects and files are looked up",
  },
  { begins: "node dist/cli.js migrate", runBy: "test/e2e/serve.test.ts" },
  { begins: "tts-monitor migrate", runBy: "test/e2e/serve.test.ts" },
  { begins: "tts-monitor audit", runBy: OPERATOR },
  { begins: "tts-monitor prune", runBy: OPERATOR },
  { begins: "tts-monitor limit", runBy: OPERATOR },
  { begins: "tts-monitor export", runBy: BACKUP },
  { begins: "tts-monitor import", runBy: BACKUP },

  ...["node dist/cli.js", "curl", "python3 examples/python_worker.py", "install", "echo", "grep", "tail"].map(
    (begins) => ({ begins, ...ADOPTING }),
  ),
  { begins: "curl", in: "docs/api.md", runBy: "test/http/api-guide.test.ts" },
  { begins: "curl", notRun: `${SERVER}; the exporter's paths and methods are looked up` },
  { begins: "amtool", notRun: SERVER },
  { begins: "amtool check-config", runBy: "test/integration/alertmanager.test.ts" },
  { begins: "amtool config routes", runBy: "test/integration/alertmanager.test.ts" },
  { begins: "promtool check config", runBy: "test/integration/rules.test.ts" },
  { begins: "promtool check rules", runBy: "test/integration/rules.test.ts" },
  { begins: "psql", notRun: `${SERVER}; what it selects is PostgreSQL's own` },
  { begins: "kill", notRun: "ends or renews a process whose number only its place knows" },

  {
    begins: "sh deploy/compose/make-secrets.sh",
    runBy: "test/unit/packaging-secrets.test.ts",
    as: "make-secrets.sh",
  },
  {
    begins: "docker",
    notRun: "no Docker here; test/integration/docker-compose-config.test.ts reads what it would",
  },
  { begins: "kubectl", notRun: "no Kubernetes here; the manifests are held to their schemas" },
  { begins: "sudo", notRun: "changes the machine; the units are held to what systemd takes" },

  { begins: "export", notRun: PLAIN },
  { begins: "ls", notRun: PLAIN },
  { begins: "date", notRun: PLAIN },
  ...["grep", "sed", "sort", "uniq", "head", "gzip", "gunzip"].map((begins) => ({ begins, notRun: FILTER })),
];

/** Flags of other programs, which documents mention; whose they are. */
export const FOREIGN_FLAGS: Readonly<Record<string, string>> = {
  "--alertmanager.url": "amtool",
  "--build": "docker",
  "--comment": "amtool",
  "--config.file": "prometheus, alertmanager, amtool",
  "--data-only": "pg_dump, pg_restore",
  "--directory": "examples/python_worker.py",
  "--disable-triggers": "pg_restore",
  "--duration": "amtool",
  "--env-file": "docker",
  "--force-recreate": "docker",
  "--from-file": "kubectl",
  "--homepath": "grafana",
  "--ignore-scripts": "npm",
  "--network": "docker",
  "--no-comments": "pg_dump",
  "--now": "systemctl",
  "--omit": "npm",
  "--profile": "docker",
  "--project": "vitest",
  "--quick": "npm run bench",
  "--minutes": "npm run chaos",
  "--seed": "npm run chaos",
  "--only": "npm run chaos",
  "--check": "npm run chaos and npm run generate",
  "--document": "npm run chaos",
  "--record": "npm run bench",
  "--rm": "docker",
  "--scale": "docker",
  "--silent": "npm",
  "--storage.tsdb.retention.time": "prometheus",
  "--target": "docker",
};

/** Variables that begin with TTS_MONITOR_ and are no setting; whose they are. */
export const FOREIGN_VARIABLES: Readonly<Record<string, string>> = {};
