/** The waveform as it grows, by uPlot. */

import uPlot from "uplot";

/** A chart of the last seconds; its lines have the colours of the page. */
export class Chart {
  #plot: uPlot | null = null;

  constructor(private readonly place: HTMLElement) {}

  /** Show a waveform that ends now. */
  show(values: Float64Array | null, fs: number): void {
    if (values === null) {
      this.clear();
      return;
    }
    const t = Float64Array.from(values, (_, i) => (i - values.length + 1) / fs);
    const [width, height] = [this.place.clientWidth, this.place.clientHeight];
    if (width === 0) return;
    if (this.#plot === null) this.#plot = this.#begin(width, height);
    if (this.#plot.width !== width) this.#plot.setSize({ width, height });
    this.#plot.setData([t, values]);
  }

  /** Remove the waveform. */
  clear(): void {
    this.#plot?.destroy();
    this.#plot = null;
  }

  #begin(width: number, height: number): uPlot {
    const style = getComputedStyle(this.place);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const options: uPlot.Options = {
      width,
      height,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [-8, 0] } },
      axes: [
        {
          stroke: colour("--soft"),
          grid: { stroke: colour("--line"), width: 1 },
          ticks: { show: false },
          size: 28,
          values: (_, splits) => splits.map((v) => `${v} s`),
        },
        { show: false },
      ],
      series: [{}, { stroke: colour("--teal"), width: 2, points: { show: false } }],
    };
    return new uPlot(options, [[], []], this.place);
  }
}
