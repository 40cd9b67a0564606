import handler from "./libs/handler.js";
import table from "./libs/table.js";

export const main = handler(async (event) => {
  const data = JSON.parse(event.body);
  await table.update({
    Key: {
      userId: event.requestContext.identity.cognitoIdentityId,
      noteId: event.pathParameters.id,
    },
    UpdateExpression: "SET content = :content, attachment = :attachment",
    ExpressionAttributeValues: {
      ":content": data.content ?? null,
      ":attachment": data.attachment ?? null,
    },
    ReturnValues: "ALL_NEW",
  });
  return { status: true };
});
