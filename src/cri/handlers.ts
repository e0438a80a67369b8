import type { DescMethod, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { GenService, GenServiceMethods } from "@bufbuild/protobuf/codegenv2";

import type { Context } from "../kernel/context.ts";
import type { Encoded } from "./encoded.ts";
import type { ImageService, RuntimeService } from "./gen/v1_pb.ts";

/** The answer to a call; {@linkcode Encoded} where it has been written already. */
export type Answer<Method extends Pick<DescMethod, "output">> =
  | MessageInitShape<Method["output"]>
  | Encoded;

/** Serves one call. The context ends when the client cancels or its deadline passes. */
export type UnaryHandler<Method extends Pick<DescMethod, "input" | "output">> = (
  request: MessageShape<Method["input"]>,
  context: Context,
) => Promise<Answer<Method>> | Answer<Method>;

/**
 * Serves one stream: what it yields is sent, and asked for only as fast as the client reads. The client
 * hears that it is served when the handler has returned. Must end when the context does.
 */
export type StreamHandler<Method extends Pick<DescMethod, "input" | "output">> = (
  request: MessageShape<Method["input"]>,
  context: Context,
) => AsyncIterable<MessageInitShape<Method["output"]>>;

/** A handler for each call of a service; one that is left out answers UNIMPLEMENTED. */
export type Handlers<Service> = Service extends GenService<infer Methods extends GenServiceMethods>
  ? { readonly [Name in keyof Methods]?: Handler<Methods[Name]> }
  : never;

type Handler<Method extends Pick<DescMethod, "input" | "output" | "methodKind">> =
  Method["methodKind"] extends "server_streaming" ? StreamHandler<Method> : UnaryHandler<Method>;

/** Everything that may be done with sandboxes and containers. */
export type RuntimeHandlers = Handlers<typeof RuntimeService>;

/** Everything that may be done with images. */
export type ImageHandlers = Handlers<typeof ImageService>;

/** Hears of an error that no client caused: a bug, or a refusal by Linux that nobody expected. */
export type Report = (method: string, error: unknown) => void;
