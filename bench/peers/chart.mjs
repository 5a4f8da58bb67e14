// The chart of the README: CPU a request under the spread load, server and PostgreSQL, a panel for
// each kind of request. Colours and text follow the reader's light or dark page.
import { REQUESTS } from './documents.mjs';

const NAMES = { elos: 'elos', floor: 'Rust by hand', mercurius: 'Mercurius + JIT', postgraphile: 'PostGraphile 5', apollo: 'Apollo Server' };
const WIDTH = 760;
const LEFT = 130;
const BAR = 16;
const ROW = 22;
const HEAD = 30;
const GAP = 14;

export function chart({ results, setting }) {
  const few = Math.min(...results.map((result) => result.connections));
  const panels = results.filter((result) => result.load === 'spread' && result.connections === few);
  const room = WIDTH - LEFT - 150;
  const parts = [];
  let y = 50;
  for (const { workload, targets, ratios } of panels) {
    const shown = Object.keys(NAMES).filter((name) => targets[name]);
    const most = Math.max(...shown.map((name) => targets[name].cpu));
    parts.push(text(0, y + 14, `<tspan class="b">${workload}</tspan>  ${escape(REQUESTS[workload])}`));
    y += HEAD - 6;
    for (const name of shown) {
      const { server, postgres, cpu } = targets[name];
      const [a, b] = [server, postgres].map((value) => (value / most) * room);
      parts.push(text(LEFT - 8, y + 12, NAMES[name], name === 'elos' ? 'e b' : 'e'));
      parts.push(rect(LEFT, y, a, name === 'elos' ? 'ours' : 'server'), rect(LEFT + a, y, b, 'pg'));
      const times = name === 'elos' ? '' : `  ${ratios[name].cpu.toFixed(1)}×`;
      parts.push(text(LEFT + a + b + 6, y + 12, `${Math.round(cpu)} µs${times}`, name === 'elos' ? 'b' : ''));
      y += ROW;
    }
    y += GAP;
  }
  const height = y + 16;
  const legend = [['ours', 'elos'], ['server', 'peer'], ['pg', 'PostgreSQL']].map(([kind, name], i) =>
    `${rect(i * 110, 26, 12, kind, 12)}${text(i * 110 + 18, 36, name)}`).join('');
  const foot = `108 credentials of 27 tribunais, forty texts a kind; ${few} connections, ${setting.cores} cores, ${setting.processos.toLocaleString('en')} processos; median of ${setting.rounds} rounds that alternate`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="CPU a request of elos and its peers">
<style>
text{font:13px system-ui,sans-serif;fill:#1f2328;white-space:pre}.b{font-weight:600}.e{text-anchor:end}.s{font-size:11px}
.ours{fill:#1a7f37}.server{fill:#8c959f}.pg{fill:#54aeff}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.ours{fill:#3fb950}.server{fill:#6e7681}.pg{fill:#1f6feb}}
</style>
${text(0, 15, 'CPU a request, server and PostgreSQL: shorter is better', 'b')}
${legend}
${parts.join('\n')}
${text(0, height - 4, escape(foot), 's')}
</svg>
`;
}

const escape = (value) => value.replace(/&/g, '&amp;').replace(/</g, '&lt;');
const text = (x, y, content, kind = '') => `<text x="${x.toFixed(0)}" y="${y}"${kind && ` class="${kind}"`}>${content}</text>`;
const rect = (x, y, width, kind, height = BAR) => `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${height}" class="${kind}"/>`;
