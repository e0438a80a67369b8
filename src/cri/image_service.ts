import { measureFileSystems } from "../container/file_systems.ts";
import type { Image } from "../image/image.ts";
import type { ImageFsInfo } from "../image/images.ts";
import type { RegistryAuth } from "../image/transport.ts";
import { imageSpecFrom } from "./codec/container_config.ts";
import { imageMessage } from "./codec/image.ts";
import { nanos } from "./codec/values.ts";
import type { AuthConfig } from "./gen/v1_pb.ts";
import type { ImageHandlers } from "./handlers.ts";
import { infoOf } from "./info.ts";
import type { RuntimeSource } from "./runtime_service.ts";

/** CRI's ImageService on the core, as `runtimeService` is RuntimeService. */
export function imageService(source: RuntimeSource): ImageHandlers {
  return {
    listImages: ({ filter }) => ({
      images: source().images.list(filter?.image?.image).map(imageMessage),
    }),

    imageStatus: ({ image: spec, verbose }) => {
      const image = source().images.resolve(imageSpecFrom(spec).image);
      if (image === undefined) return {};
      return { image: imageMessage(image), info: verbose ? imageInfo(image) : {} };
    },

    pullImage: async ({ image: spec, auth }, context) => {
      const { images } = source();
      const image = await images.pull(imageSpecFrom(spec).image, authFrom(auth), context);
      return { imageRef: image.id };
    },

    removeImage: async ({ image: spec }) => {
      await source().images.remove(imageSpecFrom(spec).image);
      return {};
    },

    imageFsInfo: async (_request, context) => {
      const { images, containers } = await measureFileSystems(source(), context);
      return {
        imageFilesystems: [usageMessage(images)],
        containerFilesystems: [usageMessage(containers)],
      };
    },
  };
}

function authFrom(auth: AuthConfig | undefined): RegistryAuth | undefined {
  if (auth === undefined) return undefined;
  const { username, password, serverAddress, identityToken, registryToken } = auth;
  return { username, password, auth: auth.auth, serverAddress, identityToken, registryToken };
}

function imageInfo(image: Image) {
  return infoOf({ layers: image.layers, imageSpec: image.config });
}

function usageMessage(usage: ImageFsInfo) {
  return {
    timestamp: nanos(usage.measuredMicros),
    fsId: { mountpoint: usage.path },
    usedBytes: { value: BigInt(usage.bytes) },
    inodesUsed: { value: BigInt(usage.inodes) },
  };
}
