/** First byte that no static table of the module uses: src/kernels.ts hands out memory from here on. */
export function heapBase(): usize {
  return __heap_base;
}
