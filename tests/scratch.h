/* scratch.h - a directory for the files of one test program, removed with all it holds at the end.
 *
 *     cmocka_run_group_tests(tests, scratch_create, scratch_remove);
 */
#ifndef DC_TESTS_SCRATCH_H
#define DC_TESTS_SCRATCH_H

int scratch_create(void **state);
int scratch_remove(void **state);

/* Path of a file in it; good until the sixteenth call after this one. */
const char *scratch_path(const char *name);

#endif
