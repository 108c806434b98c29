import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** What a result depends on of the machine it was made on. */
export type HostFacts = {
  /** PRETTY_NAME of os-release(5). */
  readonly os: string;
  readonly kernel: string;
  readonly cpuModel: string;
  /** Logical CPUs that this process may use. */
  readonly cores: number;
  readonly memoryMiB: number;
};

/** Looks at this machine. */
export async function hostFacts(): Promise<HostFacts> {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return {
    os: /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? 'unknown Linux',
    kernel: release(),
    cpuModel: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryMiB: Math.round(totalmem() / (1 << 20)),
  };
}
