export async function main() {
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: '{"hello":"world"}' };
}
