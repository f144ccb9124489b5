const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const RETURN = 0x0d;

/** Cuts chunks into lines; a line is a view of its chunk, copied only where it spans two. */
export interface LineSplitter {
  /** Gives the next bytes; the splitter keeps views of them, so they must not be written again. */
  push(chunk: Buffer): void;
  /** The next complete line without its newline, or null when more bytes are needed. */
  next(): Buffer | null;
  /** What stands after the last newline, as a line; null when nothing does. */
  rest(): Buffer | null;
  /** Bytes that complete lines took so far, newlines and cut parts included. */
  consumed(): number;
}

/** Of a longer line only the first `maxBytes + 1` bytes are kept, so that decoding refuses it and memory stays bounded. */
export function createLineSplitter(maxBytes: number): LineSplitter {
  const keep = maxBytes + 1;
  let chunk: Buffer = Buffer.alloc(0);
  let at = 0;
  let head: Buffer[] = [];
  let headKept = 0;
  let headBytes = 0;
  let consumed = 0;

  function hold(part: Buffer): void {
    headBytes += part.length;
    if (headKept >= keep || part.length === 0) return;
    const kept = part.subarray(0, keep - headKept);
    headKept += kept.length;
    head.push(kept);
  }

  function takeHead(): Buffer {
    const line = head.length === 1 ? head[0]! : Buffer.concat(head);
    head = [];
    headKept = 0;
    headBytes = 0;
    return line;
  }

  return {
    push(more) {
      if (at < chunk.length) hold(chunk.subarray(at));
      chunk = more;
      at = 0;
    },
    next() {
      const end = chunk.indexOf(NEWLINE, at);
      if (end < 0) {
        if (at < chunk.length) hold(chunk.subarray(at));
        at = chunk.length;
        return null;
      }
      const start = at;
      at = end + 1;
      consumed += headBytes + at - start;
      if (headBytes === 0) return chunk.subarray(start, Math.min(end, start + keep));
      hold(chunk.subarray(start, end));
      return takeHead();
    },
    rest() {
      if (at < chunk.length) hold(chunk.subarray(at));
      at = chunk.length;
      consumed += headBytes;
      return headBytes === 0 ? null : takeHead();
    },
    consumed: () => consumed,
  };
}

/** Nothing but spaces, tabs and returns. Any other byte is content, if only to be rejected. */
export function isBlank(line: Uint8Array): boolean {
  for (const byte of line) {
    if (byte !== SPACE && byte !== TAB && byte !== RETURN) return false;
  }
  return true;
}
