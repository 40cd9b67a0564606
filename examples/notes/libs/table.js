import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";

const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.tableName;

export default {
  get: (params) => client.send(new GetCommand({ TableName, ...params })),
  put: (params) => client.send(new PutCommand({ TableName, ...params })),
  query: (params) => client.send(new QueryCommand({ TableName, ...params })),
  update: (params) => client.send(new UpdateCommand({ TableName, ...params })),
  delete: (params) => client.send(new DeleteCommand({ TableName, ...params })),
};
