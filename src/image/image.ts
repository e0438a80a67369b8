/** The part of an image's configuration that a container inherits (OCI image-spec, config.md). */
export interface ImageConfig {
  /** What is executed, unless a container names a command of its own. */
  readonly entrypoint: readonly string[];
  /**
   * The entrypoint's arguments, unless a container names its own; executed themselves without one.
   */
  readonly cmd: readonly string[];
  /** "KEY=value" each. */
  readonly env: readonly string[];
  /** Absolute, or empty for "/". */
  readonly workingDir: string;
  /** "user", "uid", "user:group" and so on, as the image has it; empty for root. */
  readonly user: string;
  /** Container paths that want storage of their own. */
  readonly volumes: readonly string[];
  /** As the image spells it, empty when it does not say. */
  readonly stopSignal: string;
  /** As the author of the image gave them. */
  readonly labels: Readonly<Record<string, string>>;
}

/** An image that is here, unpacked, immutable. */
export interface Image {
  /** `sha256:` and the digest of its configuration: CRI's image id. */
  readonly id: string;
  /** Full names with a tag ("docker.io/library/busybox:1.36"). */
  readonly tags: readonly string[];
  /** Full names with a manifest digest ("docker.io/library/busybox@sha256:…"). */
  readonly digests: readonly string[];
  /** Compressed layers and configuration, in bytes. */
  readonly sizeBytes: number;
  /** What its containers inherit. */
  readonly config: ImageConfig;
  /** Diff ids, lowest layer first. */
  readonly layers: readonly string[];
}
