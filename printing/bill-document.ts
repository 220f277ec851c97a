/**
 * A document of pdfkit that draws what is the same on every page once, and repeats the operators that pdfkit wrote for
 * it. Setting words costs pdfkit more than the code in the middle of the page, and half of a bill's words are those of
 * the bill before.
 */
import Pdf from 'pdfkit';

const MOST_KEPT = 200;

export class BillDocument extends Pdf {
  readonly #kept = new Map<string, string>();
  #recording: string[] | undefined;

  /** Everything that pdfkit draws passes here, an operator at a time. */
  override addContent(operators: string): this {
    this.#recording?.push(operators);
    super.addContent(operators);
    return this;
  }

  /**
   * `key` says all that the drawing depends on. A page learns of a font only by words that are set, not by words that
   * are repeated: some other words on it must be in the same one.
   */
  repeat(key: string, draw: () => void): void {
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.addContent(kept);
      return;
    }
    this.#recording = [];
    draw();
    const operators = this.#recording.join('\n');
    this.#recording = undefined;
    // A batch whose every bill has another payee gains nothing, and loses no memory.
    if (this.#kept.size < MOST_KEPT) this.#kept.set(key, operators);
  }
}
