import handler, { refuse } from "./libs/handler.js";
import table from "./libs/table.js";

export const main = handler(async (event) => {
  const { Item } = await table.get({
    Key: {
      userId: event.requestContext.identity.cognitoIdentityId,
      noteId: event.pathParameters.id,
    },
  });
  if (!Item) throw refuse(404, "Item not found.");
  return Item;
});
