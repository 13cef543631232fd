/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests, keyed hashes, randomness and the texts that bytes are written in.
 * The only file pair that knows libsodium and libcrypto (zlib's CRC lives in
 * unpack).
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

enum { SHA256_LEN = 32, SHA256_HEX = 65, ID_LEN = 16, ID_TEXT = 27 };

/* Once per process, before any other call. */
void hash_init(void);

void sha256(const void *p, size_t len, uint8_t out[SHA256_LEN]);

struct sha256_state { uint64_t room[16]; };	/* opaque */
void sha256_begin(struct sha256_state *s);
void sha256_add(struct sha256_state *s, const void *p, size_t len);
/* 8-byte little-endian length, then the bytes. */
void sha256_add_field(struct sha256_state *s, struct str f);
void sha256_end(struct sha256_state *s, uint8_t out[SHA256_LEN]);

/* RFC 2104. */
void hmac_sha256(struct str key, struct str text, uint8_t out[SHA256_LEN]);

/* Equal in constant time. */
bool hash_equal(const void *a, const void *b, size_t len);
void random_bytes(void *p, size_t len);
uint64_t random_u64(void);
/* 64-bit SipHash with the process's own random key, for in-memory tables. */
uint64_t hash_table(const void *p, size_t len);

void hex_text(const uint8_t *p, size_t len, char *out);	/* 2*len + NUL */
/* Lower-case RFC 4648 base32 without padding: 16 bytes -> 26 characters. */
void base32_text(const uint8_t p[ID_LEN], char out[ID_TEXT]);
/* The way back; false unless exactly 26 such characters that could stand for
 * 16 bytes. */
MUST_CHECK bool base32_parse(struct str text, uint8_t out[ID_LEN]);
/* Standard base64 with padding, into the arena. */
struct str base64_text(struct arena *a, const void *p, size_t len);
MUST_CHECK bool base64_parse(struct arena *a, struct str text, struct str *out);
/* n in base62 (0-9A-Za-z), exactly `digits` characters, most significant
 * first, no NUL. */
void base62_text(uint64_t n, int digits, char *out);
/* A random character of 0-9A-Za-z, uniform, `len` times, no NUL. */
void random_base62(char *out, size_t len);
/*
 * Passwords: Argon2id (RFC 9106) with 3 passes over 64 MiB, so each call takes
 * that much memory and about a tenth of a second, whatever is stored: who may
 * call it how often at once is the caller's business. password_hash gives the
 * text to store, salt and parameters in it; password_verify takes no text with
 * other parameters. False: also when there is no memory.
 */
enum { PASSWORD_TEXT = 128 };
MUST_CHECK bool password_hash(struct str password, char out[PASSWORD_TEXT]);
MUST_CHECK bool password_verify(struct str password, struct str stored);
/* RFC 9562 version 5 (SHA-1): the same name in the same name space always has
 * the same UUID. Text of 36 characters and a NUL. */
enum { UUID_LEN = 16, UUID_TEXT = 37 };
void uuid_named(const uint8_t space[UUID_LEN], struct str name,
    char out[UUID_TEXT]);
uint32_t crc32_of(const void *p, size_t len);	/* IEEE, as zlib's crc32 */

#endif
