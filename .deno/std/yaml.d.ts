/** The name of a schema: what a plain scalar may be taken for. */
export type SchemaType = "failsafe" | "json" | "core" | "default" | "extended";

export interface ParseOptions {
  allowDuplicateKeys?: boolean;
  onWarning?(error: Error): void;
  schema?: SchemaType;
}

export function parse(content: string, options?: ParseOptions): unknown;
