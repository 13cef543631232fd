/* SPDX-License-Identifier: Apache-2.0 */
/* replay FOLDER...: every file of the folders goes through the fuzzer that this
 * is linked with, once; says how many. A folder that is not there is empty. */
#include "fuzz.h"

#include <dirent.h>

#include "base/file.h"

enum { INPUT_MAX = 4 << 20 };

static void
one(const char *path)
{
	struct buf b;

	buf_init(&b, INPUT_MAX);
	if (!file_read(path, &b)) {
		fprintf(stderr, "%s cannot be read\n", path);
		exit(1);
	}
	fprintf(stderr, "%s\n", path);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)b.p, b.len);
	buf_release(&b);
}

int
main(int argc, char **argv)
{
	struct dirent **names;
	char path[4096];
	int i, k, n, done = 0;

	if (LLVMFuzzerInitialize(&argc, &argv) != 0)
		return 1;
	for (i = 1; i < argc; i++) {
		n = scandir(argv[i], &names, NULL, alphasort);
		for (k = 0; k < n; k++) {
			snprintf(path, sizeof(path), "%s/%s", argv[i],
			    names[k]->d_name);
			if (names[k]->d_name[0] != '.') {
				one(path);
				done++;
			}
			free(names[k]);
		}
		if (n >= 0)
			free(names);
	}
	printf("%d inputs\n", done);
	return done > 0 ? 0 : 1;
}
