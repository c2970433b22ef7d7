/** Gives the memory of a large buffer back at once; the buffer is empty from then on. */
export function free({ buffer }: Buffer): void {
  // Smaller ones may lie in memory that they share with others.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}
