/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 is libcrypto's, which uses the processor's own instructions for it
 * (libsodium's takes six times as long, a third of all the time that reading a
 * record takes); all else is libsodium's. The calls on a plain struct are
 * deprecated in favour of ones that allocate and may fail; these cannot.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hash.h"

#include <openssl/sha.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

_Static_assert(sizeof(struct sha256_state) >= sizeof(SHA256_CTX),
    "room for libcrypto's state");
_Static_assert(SHA256_LEN == SHA256_DIGEST_LENGTH, "digest length");

/* Written once by hash_init, before any thread: whoever sends us names to put
 * into tables must not be able to choose their places. */
static unsigned char table_key[crypto_shorthash_KEYBYTES];

void
hash_init(void)
{
	if (sodium_init() < 0) {
		fputs("libsodium does not start\n", stderr);
		abort();
	}
	randombytes_buf(table_key, sizeof(table_key));
}

void
sha256(const void *p, size_t len, uint8_t out[SHA256_LEN])
{
	struct sha256_state s;

	sha256_begin(&s);
	sha256_add(&s, p, len);
	sha256_end(&s, out);
}

static SHA256_CTX *
state_of(struct sha256_state *s)
{
	return (SHA256_CTX *)(void *)s->room;
}

void
sha256_begin(struct sha256_state *s)
{
	SHA256_Init(state_of(s));
}

void
sha256_add(struct sha256_state *s, const void *p, size_t len)
{
	if (len > 0)
		SHA256_Update(state_of(s), p, len);
}

void
sha256_add_field(struct sha256_state *s, struct str f)
{
	uint8_t len[8];
	int i;

	for (i = 0; i < 8; i++)
		len[i] = (uint8_t)((uint64_t)f.len >> (8 * i));
	sha256_add(s, len, sizeof(len));
	sha256_add(s, f.p, f.len);
}

void
sha256_end(struct sha256_state *s, uint8_t out[SHA256_LEN])
{
	SHA256_Final(out, state_of(s));
}

/* SHA-1 is what the RFC says; nothing rests on its strength. */
void
uuid_named(const uint8_t space[UUID_LEN], struct str name,
    char out[UUID_TEXT])
{
	uint8_t d[SHA_DIGEST_LENGTH];
	char hex[2 * UUID_LEN + 1];
	SHA_CTX c;

	SHA1_Init(&c);
	SHA1_Update(&c, space, UUID_LEN);
	SHA1_Update(&c, name.p, name.len);
	SHA1_Final(d, &c);
	d[6] = (uint8_t)((d[6] & 0x0f) | 0x50);
	d[8] = (uint8_t)((d[8] & 0x3f) | 0x80);
	hex_text(d, UUID_LEN, hex);
	snprintf(out, UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
	    hex + 12, hex + 16, hex + 20);
}

void
hmac_sha256(struct str key, struct str text, uint8_t out[SHA256_LEN])
{
	crypto_auth_hmacsha256_state s;

	crypto_auth_hmacsha256_init(&s, (const void *)key.p, key.len);
	crypto_auth_hmacsha256_update(&s, (const void *)text.p, text.len);
	crypto_auth_hmacsha256_final(&s, out);
	sodium_memzero(&s, sizeof(s));
}

bool
hash_equal(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

void
random_bytes(void *p, size_t len)
{
	randombytes_buf(p, len);
}

uint64_t
random_u64(void)
{
	uint64_t n;

	randombytes_buf(&n, sizeof(n));
	return n;
}

uint64_t
hash_table(const void *p, size_t len)
{
	uint8_t sum[crypto_shorthash_BYTES];
	uint64_t n;

	crypto_shorthash(sum, p, len, table_key);
	memcpy(&n, sum, sizeof(n));
	return n;
}

void
hex_text(const uint8_t *p, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * len] = '\0';
}

/* 26 characters of 5 bits are 130: the last two bits are 0. */
void
base32_text(const uint8_t p[ID_LEN], char out[ID_TEXT])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned bits = 0, have = 0;
	size_t i, n = 0;

	for (i = 0; i < ID_LEN; i++) {
		bits = bits << 8 | p[i];
		for (have += 8; have >= 5; have -= 5)
			out[n++] = digits[bits >> (have - 5) & 31];
	}
	out[n++] = digits[bits << (5 - have) & 31];
	out[n] = '\0';
}

bool
base32_parse(struct str text, uint8_t out[ID_LEN])
{
	uint8_t bytes[ID_LEN];
	unsigned bits = 0, have = 0;
	size_t i, n = 0;

	if (text.len != ID_TEXT - 1)
		return false;
	for (i = 0; i < text.len; i++) {
		unsigned c = (unsigned char)text.p[i];

		if (c >= 'a' && c <= 'z')
			c -= 'a';
		else if (c >= '2' && c <= '7')
			c -= '2' - 26;
		else
			return false;
		bits = bits << 5 | c;
		have += 5;
		if (have >= 8 && n < ID_LEN) {
			have -= 8;
			bytes[n++] = (uint8_t)(bits >> have);
		}
	}
	if ((bits & 3) != 0)
		return false;
	memcpy(out, bytes, ID_LEN);
	return true;
}

struct str
base64_text(struct arena *a, const void *p, size_t len)
{
	size_t room = sodium_base64_encoded_len(len,
	    sodium_base64_VARIANT_ORIGINAL);
	char *text = arena_get(a, room);

	sodium_bin2base64(text, room, p, len, sodium_base64_VARIANT_ORIGINAL);
	return (struct str){ text, room - 1 };
}

bool
base64_parse(struct arena *a, struct str text, struct str *out)
{
	unsigned char *p = arena_get(a, text.len / 4 * 3 + 4);
	size_t len;

	if (sodium_base642bin(p, text.len / 4 * 3 + 3, text.p, text.len, NULL,
		&len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		return false;
	*out = (struct str){ (char *)p, len };
	return true;
}

static const char base62[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

void
base62_text(uint64_t n, int digits, char *out)
{
	for (; digits > 0; n /= 62)
		out[--digits] = base62[n % 62];
}

void
random_base62(char *out, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = base62[randombytes_uniform(62)];
}

/* ---- passwords ----------------------------------------------------------- */

enum { PASSES = 3, MEMORY = 64 << 20 };

_Static_assert(PASSWORD_TEXT >= crypto_pwhash_STRBYTES, "room for the text");

bool
password_hash(struct str password, char out[PASSWORD_TEXT])
{
	return crypto_pwhash_str(out, password.p, password.len, PASSES,
	    MEMORY) == 0;
}

/* Only what password_hash itself would write: parameters of a changed file
 * could ask for all memory there is. */
bool
password_verify(struct str password, struct str stored)
{
	char text[PASSWORD_TEXT] = { 0 };

	if (stored.len >= sizeof(text))
		return false;
	memcpy(text, stored.p, stored.len);
	return crypto_pwhash_str_needs_rehash(text, PASSES, MEMORY) == 0 &&
	    crypto_pwhash_str_verify(text, password.p, password.len) == 0;
}
