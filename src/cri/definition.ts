import {
  type DescMessage,
  type DescService,
  fromBinary,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { Buffer } from "node:buffer";

import { Encoded } from "./encoded.ts";

/** One call of a service as grpc-js wants it: where it is, and how its messages read and write. */
export type MessageMethod = MethodDefinition<Message, Message>;

/**
 * Describes a generated service to grpc-js, for a server or a client, by the names on the wire.
 *
 * Bytes that are no such message make the reader throw, which grpc-js answers with INTERNAL.
 */
export function definitionOf(service: DescService): ServiceDefinition & {
  readonly [name: string]: MessageMethod;
} {
  return Object.fromEntries(service.methods.map((method) => [method.name, {
    path: `/${service.typeName}/${method.name}`,
    requestStream: false,
    responseStream: method.methodKind === "server_streaming",
    requestSerialize: writer(method.input),
    requestDeserialize: reader(method.input),
    responseSerialize: writer(method.output),
    responseDeserialize: reader(method.output),
  }]));
}

function reader(schema: DescMessage): (bytes: Uint8Array) => Message {
  return (bytes) => fromBinary(schema, bytes);
}

function writer(schema: DescMessage): (message: Message | Encoded) => Buffer {
  return (message) => {
    const bytes = message instanceof Encoded ? message.bytes : toBinary(schema, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}
