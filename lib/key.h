/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of an API key: "tra_" + 8 characters of key id + "_" + 32 random
 * base62 characters + 6 base62 digits of the CRC-32 of all that stands before
 * them. The checksum tells a mistyped or cut key from an unknown one without
 * asking the store, and lets secret scanners know one for sure.
 *
 * Only key_hash of a key is ever stored. hash_init() must have been called.
 */
#ifndef KEY_H
#define KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/str.h"

/* Both with their NUL. */
enum { KEY_TEXT = 52, KEY_ID_TEXT = 9 };

/* A new key and the id inside it. 190 bits of it are random. */
void key_make(char out[KEY_TEXT], char key_id[KEY_ID_TEXT]);

/* Is this the text of a key (form and checksum)? Then *key_id is the id inside
 * it, pointing into `text`. Says nothing about whether the key exists. */
MUST_CHECK bool key_check(struct str text, struct str *key_id);

/* Could this be the id of a key: 8 base62 characters? */
bool key_id_ok(struct str key_id);

/* What the store keeps of a key: SHA-256 of its whole text. The secret has
 * more entropy than the digest's collision bound, so no slow hash is needed. */
void key_hash(struct str text, uint8_t out[SHA256_LEN]);

#endif
