// Helpers that create elements and fetch JSON from the API.
export function element(tag, attributes, ...children) {
  const created = Object.assign(document.createElement(tag), attributes)
  created.append(...children)
  return created
}

export async function get(path) {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  return response.json()
}
