import handler from "./libs/handler.js";
import table from "./libs/table.js";

export const main = handler(async (event) => {
  await table.delete({
    Key: {
      userId: event.requestContext.identity.cognitoIdentityId,
      noteId: event.pathParameters.id,
    },
  });
  return { status: true };
});
