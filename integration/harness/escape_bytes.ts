/**
 * The format in which Kafka's tools print bytes (`org.apache.kafka.common.utils.Bytes.toString`): printable ASCII except the
 * backslash as is, all other bytes as `\xNN`. It is lossless and contains no tab or line feed.
 *
 * @module
 */

export function escapeBytes(bytes: Uint8Array): string {
  let plain = true;
  for (const byte of bytes) {
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) {
      plain = false;
      break;
    }
  }
  if (plain) return ascii.decode(bytes);
  const parts: string[] = [];
  for (const byte of bytes) {
    parts.push(
      byte < 0x20 || byte > 0x7e || byte === 0x5c
        ? `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`
        : String.fromCharCode(byte),
    );
  }
  return parts.join("");
}

/** Reverses {@link escapeBytes}. */
export function unescapeBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c) {
      bytes[length++] = parseInt(text.slice(i + 2, i + 4), 16);
      i += 3;
    } else {
      bytes[length++] = code;
    }
  }
  return bytes.slice(0, length);
}

const ascii = new TextDecoder("latin1");
