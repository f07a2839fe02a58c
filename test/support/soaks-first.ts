import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Begins with the soaks: each takes minutes, and begun last they leave a processor idle to the end of the longest. */
export class SoaksFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const soaks = sorted.filter(({ project }) => project.name === "soak");
    return [...soaks, ...sorted.filter((file) => !soaks.includes(file))];
  }
}
