// Draws every [data-chart] from its JSON with ECharts, which is fetched when the first chart comes into sight.
// The server says what (ka_crm/charts.py), the style sheet says in which colours, so light and dark need no second drawing.
(() => {
  const source = document.currentScript.dataset.echarts
  const drawn = new Map()
  let loading = null
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const still = matchMedia('(prefers-reduced-motion: reduce)')

  function library() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement('script')
      script.src = source
      script.onload = () => resolve(window.echarts)
      script.onerror = reject
      document.head.append(script)
    })
    return loading
  }

  const language = document.documentElement.lang
  function words(value, spec, short = false) {
    if (value === null || value === undefined || value === '') return '–'
    const shown = spec.unit === '%' ? Number(value) * 100 : Number(value)
    const number = new Intl.NumberFormat(language, short && Math.abs(shown) >= 10000
      ? { notation: 'compact', maximumFractionDigits: 1 }
      : { maximumFractionDigits: short ? 2 : Math.max(spec.places, spec.unit === '%' ? 1 : 0) }).format(shown)
    return spec.unit && !short ? `${number}\u00a0${spec.unit}` : spec.unit === '%' ? `${number}\u00a0%` : number
  }
  const figure = (value) => (value === null ? null : Array.isArray(value) ? value.map(Number) : Number(value))

  function look() {
    return {
      palette: Array.from({ length: 8 }, (_, place) => colour(`--chart-${place + 1}`)),
      text: colour('--ink-2'), quiet: colour('--ink-3'), line: colour('--line'), surface: colour('--surface'), ink: colour('--ink'),
      font: getComputedStyle(document.body).fontFamily,
    }
  }

  function frame(spec, at) {
    return {
      color: at.palette,
      textStyle: { fontFamily: at.font, color: at.text },
      animation: !still.matches,
      animationDuration: 300,
      aria: { enabled: false }, // the page's own label, in the reader's language, says what is drawn; the table holds the figures
      tooltip: {
        // drawn on the canvas: markup in a tooltip would need inline styles, which the page's policy forbids
        renderMode: 'richText', backgroundColor: at.surface, borderColor: at.line, textStyle: { color: at.ink, fontSize: 12 },
        confine: true, valueFormatter: (value) => words(value, spec),
      },
      legend: spec.series.length > 1 || spec.kind === 'donut'
        ? { bottom: 0, itemWidth: 12, itemHeight: 8, icon: 'roundRect', textStyle: { color: at.text, fontSize: 12 }, type: 'scroll' }
        : undefined,
    }
  }

  function donut(spec, at) {
    const data = spec.categories.map((name, place) => ({ name, value: figure(spec.series[0].values[place]) })).filter((one) => one.value)
    const whole = data.reduce((sum, one) => sum + one.value, 0)
    const base = frame(spec, at)
    base.legend = {
      ...base.legend, orient: 'vertical', bottom: undefined, right: 0, top: 'middle', left: '54%', itemGap: 9,
      formatter: (name) => `${name}  ${Math.round((data.find((one) => one.name === name).value / whole) * 100)}\u00a0%`,
      textStyle: { ...base.legend.textStyle, width: 150, overflow: 'truncate' },
    }
    return {
      ...base,
      series: [{
        type: 'pie', radius: ['54%', '84%'], center: ['26%', '50%'], data, padAngle: 1.5, itemStyle: { borderRadius: 3 },
        label: { show: false }, emphasis: { scaleSize: 4 },
      }],
    }
  }

  function axes(spec, at) {
    const value = {
      type: 'value', ...(spec.most ? { max: spec.most, interval: spec.most / 4 } : {}), axisLabel: { color: at.quiet, fontSize: 11, formatter: (number) => words(number, spec, true) },
      splitLine: { lineStyle: { color: at.line } }, splitNumber: 4,
    }
    const name = {
      type: 'category', data: spec.categories, axisTick: { show: false }, axisLine: { lineStyle: { color: at.line } },
      axisLabel: { color: at.quiet, fontSize: 11, hideOverlap: true, width: spec.kind === 'hbar' ? 130 : undefined, overflow: 'truncate' },
    }
    // a single row of bars carries its figures at the bars' ends
    if (spec.kind === 'hbar' && spec.series.length === 1) Object.assign(value, { axisLabel: { show: false }, splitLine: { show: false } })
    if (spec.kind === 'hbar') return { xAxis: value, yAxis: { ...name, inverse: true } }
    if (spec.kind === 'scatter') return { xAxis: { ...value, scale: true }, yAxis: { ...value, scale: true } }
    return { xAxis: { ...name, boundaryGap: !['line', 'area'].includes(spec.kind) }, yAxis: value }
  }

  function series(spec, one) {
    const values = one.values.map(figure)
    if (spec.kind === 'scatter') {
      return { type: 'scatter', name: one.name, data: values.map((value, place) => ({ value, name: spec.categories[place] })), symbolSize: 10 }
    }
    const across = spec.kind === 'hbar'
    if (['line', 'area'].includes(spec.kind) || (one.dashed && !across)) { // no line joins rows that have no order
      return {
        type: 'line', name: one.name, data: values, symbol: 'circle', symbolSize: 6, showSymbol: values.length < 16,
        lineStyle: { width: 2, type: one.dashed ? 'dashed' : 'solid' }, areaStyle: spec.kind === 'area' ? { opacity: 0.14 } : undefined,
      }
    }
    return {
      type: 'bar', name: one.name, data: values, barMaxWidth: across ? 18 : 34, stack: spec.kind === 'stacked' ? 'all' : undefined,
      itemStyle: { borderRadius: spec.kind === 'stacked' ? 0 : across ? [0, 3, 3, 0] : [3, 3, 0, 0] },
      label: across ? { show: spec.series.length === 1, position: 'right', color: at(), fontSize: 11, formatter: (item) => words(item.value, spec, true) } : undefined,
    }
  }
  const at = () => colour('--ink-2')

  function options(spec) {
    const tones = look()
    if (spec.kind === 'donut') return donut(spec, tones)
    const base = frame(spec, tones)
    base.tooltip.trigger = spec.kind === 'scatter' ? 'item' : 'axis'
    base.tooltip.axisPointer = { type: ['line', 'area'].includes(spec.kind) ? 'line' : 'shadow' }
    return {
      ...base, ...axes(spec, tones),
      grid: { left: 4, right: spec.kind === 'hbar' ? 48 : 12, top: 12, bottom: base.legend ? 34 : 4, containLabel: true },
      series: spec.series.map((one) => series(spec, one)),
    }
  }

  async function draw(place) {
    if (drawn.has(place)) return
    drawn.set(place, null)
    const echarts = await library()
    if (place.isConnected && !drawn.get(place)) show(echarts, place, {})
  }

  function show(echarts, place, more) {
    const spec = JSON.parse(document.getElementById(place.dataset.chart).textContent)
    const chart = echarts.init(place, null, { renderer: 'canvas' })
    chart.setOption({ ...options(spec), ...more })
    if (spec.links.length) chart.on('click', (event) => { if (spec.links[event.dataIndex]) location.assign(spec.links[event.dataIndex]) })
    drawn.set(place, { chart, spec })
    sizes.observe(place)
  }

  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => drawn.get(target)?.chart.resize()))
  const sight = new IntersectionObserver((entries) => entries.forEach(({ isIntersecting, target }) => {
    if (isIntersecting) { sight.unobserve(target); draw(target) }
  }), { rootMargin: '200px' })
  const find = (root) => root.querySelectorAll?.('[data-chart]').forEach((place) => sight.observe(place))
  find(document)
  document.addEventListener('htmx:load', (event) => find(event.detail.elt.parentElement || document))
  document.addEventListener('ka:theme', () => drawn.forEach((one) => one?.chart.setOption(options(one.spec), true)))
  // Paper shows the whole page: also what nobody has scrolled to, and at once.
  addEventListener('beforeprint', () => {
    drawn.forEach((one) => one?.chart.resize())
    if (!window.echarts) return
    for (const place of document.querySelectorAll('[data-chart]')) {
      sight.unobserve(place)
      if (!drawn.get(place)) show(window.echarts, place, { animation: false })
    }
  })
})()
