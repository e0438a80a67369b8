import type { MessageInitShape } from "@bufbuild/protobuf";

import type { Image } from "../../image/image.ts";
import type { ImageSchema } from "../gen/v1_pb.ts";

/** An image as lists show it. */
export function imageMessage(image: Image): MessageInitShape<typeof ImageSchema> {
  const [user = ""] = image.config.user.split(":");
  const uid = /^\d{1,10}$/.test(user) ? BigInt(user) : undefined;
  return {
    id: image.id,
    repoTags: [...image.tags],
    repoDigests: [...image.digests],
    size: BigInt(image.sizeBytes),
    ...(uid === undefined ? { username: user } : { uid: { value: uid } }),
    spec: { image: image.id },
    pinned: false,
  };
}
