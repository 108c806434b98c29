import type { ToolRun } from '../harness/host/run-tool.ts';
import { ImageVariants } from '../harness/images/variants.ts';
import type { SuiteMachine } from './setting.ts';
import type { Stock } from './stock.ts';

/** Makes a machine: its files, and who may log in. */
export type MachineMaker = (workshop: Workshop) => Promise<SuiteMachine>;

/** Makers by name of the machine. */
export type MachineMakers = Readonly<Record<string, MachineMaker>>;

/** Where machines are made. */
export class Workshop {
  readonly stock: Stock;
  readonly #context: Omit<ToolRun, 'deadlineMs'>;
  readonly #variants = new Map<string, ImageVariants>();

  /** @param context what the tools are run with that make variants */
  constructor(stock: Stock, context: Omit<ToolRun, 'deadlineMs'>) {
    this.stock = stock;
    this.#context = context;
  }

  /** What the tools of the toolbox are run with. */
  get changes(): Omit<ToolRun, 'deadlineMs'> & { readonly tools: Stock['toolbox'] } {
    return { ...this.#context, tools: this.stock.toolbox };
  }

  /**
   * Variants of a disk image, and variable stores with its keys.
   *
   * @throws TypeError where the run has no such image
   */
  variants(image: string): ImageVariants {
    const { stock } = this;
    const made =
      this.#variants.get(image) ??
      new ImageVariants(stock.disk(image), stock.toolbox, this.#context);
    this.#variants.set(image, made);
    return made;
  }
}
