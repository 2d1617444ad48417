/**
 * Colours and strokes of all plots. Blue and orange differ for every kind of sight, and no two lines have the same dashes, so that no
 * meaning hangs on colour; all have a contrast of 4.5 to their ground, text included. A plot brings its own ground: a page may be
 * dark where the system is light.
 */
export const plotStyle = [
  '.ground{fill:#fff}text{font:14px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1f2328}',
  '.head{font-size:16px;font-weight:600}.quiet{fill:#59636e}.grid{stroke:#d1d9e0}.axis{stroke:#59636e}',
  'polyline,.line{fill:none;stroke-width:2.5;stroke-linejoin:round}',
  '.first{stroke:#0550ae}.first-fill{fill:#0550ae}.second-fill{fill:#a3470a}',
  '.inside{stroke:#fff}.guide{stroke:#59636e;stroke-width:1.5;stroke-dasharray:2 4}.band{fill:#0550ae;fill-opacity:.16}',
  '@media(prefers-color-scheme:dark){.ground{fill:#0d1117}text{fill:#f0f6fc}.quiet{fill:#9aa4ae}.grid{stroke:#30363d}.axis{stroke:#9aa4ae}',
  '.first{stroke:#58a6ff}.first-fill{fill:#58a6ff}.second-fill{fill:#f0883e}.guide{stroke:#9aa4ae}',
  '.inside{stroke:#0d1117}.band{fill:#58a6ff;fill-opacity:.22}}',
].join('');
