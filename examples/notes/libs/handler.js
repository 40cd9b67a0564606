// Wraps a handler: the value it returns becomes a JSON answer with CORS
// headers, what it throws becomes a 500 (or the error's own statusCode).
export default function handler(work) {
  return async function (event, context) {
    let body, statusCode;
    try {
      body = await work(event, context);
      statusCode = 200;
    } catch (e) {
      console.error(e);
      body = { error: e.message };
      statusCode = e.statusCode ?? 500;
    }
    return {
      statusCode,
      body: JSON.stringify(body),
      headers: {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Credentials": true,
      },
    };
  };
}

// An error that the caller may see with the given status.
export function refuse(statusCode, message) {
  return Object.assign(new Error(message), { statusCode });
}
