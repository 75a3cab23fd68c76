// Copies the third-party browser files from node_modules into ../static/vendor, each with its licence beside it.
//
//   npm ci --ignore-scripts && npm run vendor     write the files
//   npm run check                                 exit 1 where a committed file differs from what would be written
//
// The result is committed: whoever runs the program needs no Node. Source-map remarks are taken out, because the maps are
// not served and Django's manifest storage refuses a file that points to nothing.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { ICONS } from './icons.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const target = join(here, '..', 'static', 'vendor')
const checking = process.argv.includes('--check')

// [from node_modules, to static/vendor, most kB it may weigh gzipped]
const FILES = [
  ['bootstrap/dist/css/bootstrap.min.css', 'bootstrap/bootstrap.min.css', 34],
  ['bootstrap/LICENSE', 'bootstrap/LICENSE', 2],
  ['htmx.org/dist/htmx.min.js', 'htmx/htmx.min.js', 18],
  ['htmx.org/LICENSE', 'htmx/LICENSE', 2],
  ['echarts/dist/echarts.common.min.js', 'echarts/echarts.common.min.js', 250],
  ['echarts/LICENSE', 'echarts/LICENSE', 8],
  ['echarts/NOTICE', 'echarts/NOTICE', 2],
  ['@tabler/icons/LICENSE', 'icons/LICENSE', 2],
]

function withoutSourceMap(text) {
  return text.replace(/\n?\/\/[#@] sourceMappingURL=.*$/gm, '').replace(/\n?\/\*[#@] sourceMappingURL=.*?\*\//gm, '').trimEnd() + '\n'
}

function sprite() {
  const symbols = Object.entries(ICONS).map(([name, source]) => {
    const svg = readFileSync(join(here, 'node_modules/@tabler/icons/icons', `${source}.svg`), 'utf8')
    const inner = svg.replace(/<!--[\s\S]*?-->/g, '').replace(/^[\s\S]*?<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '')
    const shapes = inner.replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, '').replace(/\s*\n\s*/g, '')
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">\n${symbols.join('\n')}\n</svg>\n`
}

function versions() {
  const names = ['bootstrap', 'htmx.org', 'echarts', '@tabler/icons']
  return names.map((name) => `${name} ${JSON.parse(readFileSync(join(here, 'node_modules', name, 'package.json'), 'utf8')).version}`).join('\n') + '\n'
}

const wanted = FILES.map(([from, to, limit]) => [to, withoutSourceMap(readFileSync(join(here, 'node_modules', from), 'utf8')), limit])
wanted.push(['icons/icons.svg', sprite(), 12], ['VERSIONS', versions(), 1])

let failed = false
for (const [to, text, limit] of wanted) {
  const path = join(target, to)
  const weight = gzipSync(text, { level: 9 }).length / 1024
  const sum = createHash('sha256').update(text).digest('hex').slice(0, 12)
  if (weight > limit) {
    console.error(`${to} weighs ${weight.toFixed(1)} kB gzipped, ${limit} kB are allowed.`)
    failed = true
  }
  if (checking) {
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
      console.error(`static/vendor/${to} is not what frontend/ gives: run npm run vendor and commit it.`)
      failed = true
    }
  } else {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    console.log(`${to.padEnd(40)} ${weight.toFixed(1).padStart(7)} kB gz  ${sum}`)
  }
}
process.exit(failed ? 1 : 0)
