/** The rights that Burrow and the commands need in a Kafka with access control, as commands an administrator can paste. Pure. */

export type Grantee = {
  readonly bootstrapServer: string;
  /** Undefined where the user is not known. */
  readonly username: string | undefined;
};

/**
 * One command per kind of resource, because `kafka-acls` applies each operation to each resource it is given. Messages
 * of other topics are not read: Describe is enough for their end offsets.
 */
export function grantCommands({ bootstrapServer, username }: Grantee): readonly string[] {
  const add = `kafka-acls --bootstrap-server ${bootstrapServer} --add --allow-principal ${principal(username)}`;
  return [
    `${add} --operation Read --operation Describe --topic __consumer_offsets`,
    `${add} --operation Describe --topic '*'`,
    `${add} --operation Describe --group '*' --cluster`,
  ];
}

function principal(username: string | undefined): string {
  if (username === undefined) return "User:NAME";
  return /^[\w.-]+$/.test(username)
    ? `User:${username}`
    : `'User:${username.replaceAll("'", String.raw`'\''`)}'`;
}
