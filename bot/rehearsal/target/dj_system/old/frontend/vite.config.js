// The build: writes the commit into the page and /build.json.
import { execFileSync } from 'node:child_process'

const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()

const stamp = {
  name: 'build-stamp',
  transformIndexHtml: () => [{ tag: 'meta', attrs: { name: 'build-commit', content: commit }, injectTo: 'head' }],
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'build.json', source: JSON.stringify({ commit }) })
  },
}

export default { plugins: [stamp] }
