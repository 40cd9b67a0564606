import { randomUUID } from "node:crypto";
import handler from "./libs/handler.js";
import table from "./libs/table.js";

export const main = handler(async (event) => {
  const data = JSON.parse(event.body);
  const Item = {
    userId: event.requestContext.identity.cognitoIdentityId,
    noteId: randomUUID(),
    content: data.content,
    attachment: data.attachment ?? null,
    createdAt: Date.now(),
  };
  await table.put({ Item });
  return Item;
});
