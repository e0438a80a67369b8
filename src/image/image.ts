/** The part of an image's configuration that a container inherits (OCI image-spec, config.md). */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** "KEY=value" each. */
  readonly env: readonly string[];
  readonly workingDir: string;
  /** "user", "uid", "user:group" and so on, as the image has it; empty for root. */
  readonly user: string;
  /** Container paths that want storage of their own. */
  readonly volumes: readonly string[];
  /** As the image spells it, empty when it does not say. */
  readonly stopSignal: string;
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
  readonly config: ImageConfig;
  /** Diff ids, lowest layer first. */
  readonly layers: readonly string[];
}
