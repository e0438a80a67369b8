// @ts-check
/// <reference lib="dom" />

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} w @param {number} h */
export function box(context, x, y, w, h) {
  context.beginPath();
  context.roundRect(x, y, w, h, Math.min(3, w / 2));
}

/** @param {CanvasRenderingContext2D} context @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
export function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {string} color */
export function flag(context, x, color) {
  context.fillStyle = color;
  context.beginPath();
  context.moveTo(x - 5, 3);
  context.lineTo(x + 5, 3);
  context.lineTo(x + 5, 10);
  context.lineTo(x, 15);
  context.lineTo(x - 5, 10);
  context.fill();
}

/** @param {CanvasRenderingContext2D} context @param {{x: number, y: number} | undefined} from @param {{x: number, y: number} | undefined} to */
export function arrow(context, from, to) {
  if (from === undefined || to === undefined) return;
  const bend = Math.max(16, (to.x - from.x) / 2);
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.bezierCurveTo(from.x + bend, from.y, to.x - bend, to.y, to.x, to.y);
  context.stroke();
  context.beginPath();
  context.moveTo(to.x, to.y);
  context.lineTo(to.x - 7, to.y - 4);
  context.lineTo(to.x - 7, to.y + 4);
  context.fill();
}

/** Of a fixed-width text what fits. @param {string} text @param {number} pixels */
export function cut(text, pixels) {
  const count = Math.floor(pixels / 6.7);
  return text.length <= count ? text : `${text.slice(0, Math.max(1, count - 1))}…`;
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} w @param {number} h @param {() => void} body */
export function clipped(context, x, y, w, h, body) {
  context.save();
  context.beginPath();
  context.rect(x, y, w, h);
  context.clip();
  body();
  context.restore();
}
