// A grid of equal cells of which only those in sight are in the document, however many there are.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { createContext } from "preact";
import { useContext, useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** The element that scrolls. */
export const Scroller = createContext<{ readonly current: HTMLElement | null }>({ current: null });

export interface GridProps {
  readonly count: number;
  /** The least width of a cell in CSS pixels; cells grow until they fill the row. */
  readonly cell: number;
  /** At least this many columns, for cells that hold several panes. */
  readonly height: (width: number) => number;
  readonly gap: number;
  readonly label: string;
  readonly render: (i: number) => ComponentChildren;
}

interface Seen {
  readonly width: number;
  readonly first: number;
  readonly last: number;
}

export function Grid({ count, cell, height, gap, label, render }: GridProps) {
  const box = useRef<HTMLDivElement>(null);
  const place = (width: number) => layout(width, count, cell, gap, height);
  const { width, first, last } = useSeen(box, place);
  const { columns, rowHeight, rows, cellWidth } = place(width);
  const cells = [];
  for (let i = first; width > 0 && i <= Math.min(last, count - 1); i++) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const style = {
      transform: `translate(${column * (cellWidth + gap)}px, ${row * rowHeight}px)`,
      width: `${cellWidth}px`,
      height: `${rowHeight - gap}px`,
    };
    cells.push(
      <div class="cell" style={style} key={i}>
        {render(i)}
      </div>,
    );
  }
  const style = { height: `${Math.max(0, rows * rowHeight - gap)}px` };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div class="grid" ref={box} role="group" aria-label={label} style={style}>
      {cells}
    </div>
  );
}

/** Which cells are in sight, with half a row more on either side; looked at again when anything moves. */
function useSeen(
  box: { readonly current: HTMLElement | null },
  place: (width: number) => ReturnType<typeof layout>,
): Seen {
  const scroller = useContext(Scroller);
  const seen = useSignal<Seen>({ width: 0, first: 0, last: -1 });
  const look = () => {
    const element = box.current;
    const frame = scroller.current;
    if (element === null || frame === null) return;
    const width = element.clientWidth;
    const { columns, rowHeight, rows } = place(width);
    const top = element.getBoundingClientRect().top - frame.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor((-top - rowHeight / 2) / rowHeight));
    const last = Math.min(rows - 1, Math.floor((frame.clientHeight - top + rowHeight / 2) / rowHeight));
    const now = seen.peek();
    if (now.width !== width || now.first !== first * columns || now.last !== (last + 1) * columns - 1) {
      seen.value = { width, first: first * columns, last: (last + 1) * columns - 1 };
    }
  };
  useLayoutEffect(look);
  useEffect(() => {
    const frame = scroller.current;
    if (frame === null) return;
    frame.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(box.current!);
    observer.observe(frame);
    // Sections above that open or close move this one.
    observer.observe(frame.firstElementChild!);
    return () => {
      frame.removeEventListener("scroll", look);
      observer.disconnect();
    };
  });
  return seen.value;
}

function layout(width: number, count: number, cell: number, gap: number, height: (width: number) => number) {
  const columns = Math.max(1, Math.min(count, Math.floor((width + gap) / (Math.min(cell, width) + gap)) || 1));
  // A few cells do not swell to fill a wide row.
  const cellWidth = Math.min(
    Math.floor((width - gap * (columns - 1)) / columns),
    Math.round(cell * (columns === 1 ? 2 : 1.25)),
  );
  const rowHeight = Math.round(height(cellWidth)) + gap;
  return { columns, cellWidth, rowHeight, rows: Math.ceil(count / columns) };
}
