// What a route throws to answer something other than 200.
export class Refusal extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

export function required(found, status, message) {
  if (!found) throw new Refusal(status, message)
  return found
}
