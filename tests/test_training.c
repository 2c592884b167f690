/* test_training.c - whole trainings: stopped and resumed, continued, damaged, and on disks that fail.
 *
 * What holds everything: a run that was stopped and resumed is, to the bit, the run that never was. */
#include "base/file.h"
#include "dataset_rig.h"
#include "picture_files.h"
#include "scratch.h"
#include "training_rig.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PICTURES 10 /* batches of 4, 4 and 2 */
#define STEPS    12 /* of four epochs */

static int create(void **state)
{
    if (dataset_rig_create(state) != 0)
        return -1;
    make_random_pictures("ten", PICTURES);
    make_random_pictures("eight", 8);
    make_random_pictures("three", 3);
    return 0;
}

/* A run of its own for each call. */
static const char *new_name(void)
{
    static char names[4][16];
    static int count;
    char *name = names[count % 4];
    snprintf(name, sizeof names[0], "run%d", count++);
    return name;
}

static dc_config *ten(void)
{
    return tiny_config("faces", "ten");
}

/* ---- Stopped and resumed ----------------------------------------------------------------------------- */

typedef struct course {
    const char *preset, *folder;
    const char *key, *value; /* one more setting */
    uint64_t steps;          /* at the end */
    uint64_t stops[8];       /* ends with the first that does not grow */
} course;

static void assert_resumes_as_if_never_stopped(const course *c, const char *device)
{
    dc_config *config = tiny_config(c->preset, c->folder);
    set(config, "device", device);
    set(config, c->key, c->value);
    const char *whole = new_name(), *parts = new_name();
    assert_trains_new(config, whole, DC_NEVER, DCGAN_OK);
    assert_trains_new(config, parts, c->stops[0], DCGAN_E_STOPPED);
    for (int i = 1; c->stops[i] > c->stops[i - 1]; i++)
        assert_trains_on(parts, NULL, c->stops[i], DCGAN_E_STOPPED);
    assert_trains_on(parts, NULL, DC_NEVER, DCGAN_OK);
    assert_same_runs(whole, parts, c->steps);
    dcgan_config_free(config);
}

static const course courses[] = {
    /* in the middle of an epoch, at its end, before its small last batch, after each step, before the first */
    {"faces", "ten", "keep", "3", 12, {4}},
    {"faces", "ten", "keep", "1", 12, {3}},
    {"faces", "ten", "checkpoint_every", "5steps", 12, {2, 8}},
    {"faces", "ten", "checkpoint_every", "2", 12, {1, 2, 3, 4, 5, 6, 11}},
    {"faces", "ten", "checkpoint_every", "1000steps", 12, {0}},
    {"scenes", "ten", "keep", "3", 12, {5}},
    {"scenes", "ten", "checkpoint_every", "1", 12, {3, 4, 8, 9}},
    {"scenes", "eight", "epochs", "3", 6, {1, 2, 5}},
    /* fewer pictures than a batch; an end within an epoch; grids not after each epoch */
    {"faces", "three", "batch", "8", 4, {1, 3}},
    {"scenes", "ten", "steps", "8", 8, {7}},
    {"faces", "ten", "sample_every", "3", 12, {6, 9}},
};

static void resumed_runs_on_ref_are_as_if_never_stopped(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof courses / sizeof *courses; i++)
        assert_resumes_as_if_never_stopped(&courses[i], "ref");
}

static void resumed_runs_on_cpu_are_as_if_never_stopped(void **state)
{
    (void)state;
    require_device("cpu");
    for (size_t i = 0; i < sizeof courses / sizeof *courses; i++)
        assert_resumes_as_if_never_stopped(&courses[i], "cpu");
}

static void the_number_of_threads_changes_no_bit(void **state)
{
    (void)state;
    require_device("cpu");
    dc_config *config = tiny_config("scenes", "ten");
    static const char *const names[] = {"threads1", "threads2", "threads3"};
    set(config, "device", "cpu");
    set(config, "features", "6");
    for (int i = 0; i < 3; i++) {
        set(config, "threads", (const char *const[]){"1", "2", "3"}[i]);
        assert_trains_new(config, names[i], DC_NEVER, DCGAN_OK);
    }
    assert_same_runs(names[0], names[1], STEPS);
    assert_same_runs(names[0], names[2], STEPS);
    dcgan_config_free(config);
}

static void seeds_make_different_trainings(void **state)
{
    (void)state;
    dc_config *config = ten();
    const char *one = new_name(), *two = new_name();
    assert_trains_new(config, one, 1, DCGAN_E_STOPPED);
    set(config, "seed", "2");
    assert_trains_new(config, two, 1, DCGAN_E_STOPPED);
    dc_safetensors *a, *b;
    assert_int_equal(dc_safetensors_open(run_file(one, "generator.safetensors"), &a), DCGAN_OK);
    assert_int_equal(dc_safetensors_open(run_file(two, "generator.safetensors"), &b), DCGAN_OK);
    const dc_stored *x = dc_safetensors_find(a, "main.0.weight"), *y = dc_safetensors_find(b, "main.0.weight");
    assert_memory_not_equal(x->data, y->data, x->count * sizeof(float));
    dc_safetensors_close(b);
    dc_safetensors_close(a);
    dcgan_config_free(config);
}

static void lines_beyond_the_checkpoint_are_taken_back(void **state)
{
    (void)state;
    dc_config *config = ten();
    const char *whole = new_name(), *torn = new_name();
    assert_trains_new(config, whole, DC_NEVER, DCGAN_OK);
    assert_trains_new(config, torn, 5, DCGAN_E_STOPPED);
    char line[DC_METRICS_LINE];
    FILE *file = fopen(run_file(torn, "metrics.jsonl"), "a");
    assert_non_null(file);
    for (uint64_t step = 6; step <= 7; step++) {
        dc_metrics_print(&(dc_metrics){.step = step, .epoch = 2, .batch = step - 3}, line);
        fputs(line, file);
    }
    fputs("{\"step\":8,\"epo", file); /* written when the power went */
    fclose(file);
    assert_trains_on(torn, NULL, DC_NEVER, DCGAN_OK);
    assert_same_runs(whole, torn, STEPS);
    dcgan_config_free(config);
}

static void a_moved_run_goes_on(void **state)
{
    (void)state;
    dc_config *config = ten();
    const char *whole = new_name(), *old = new_name(), *moved = new_name();
    assert_trains_new(config, whole, DC_NEVER, DCGAN_OK);
    assert_trains_new(config, old, 7, DCGAN_E_STOPPED);
    assert_int_equal(rename(scratch_path(old), scratch_path(moved)), 0);
    assert_trains_on(moved, NULL, DC_NEVER, DCGAN_OK);
    assert_same_runs(whole, moved, STEPS);
    assert_false(dc_path_exists(scratch_path(old)));
    dcgan_config_free(config);
}

/* ---- Overrides --------------------------------------------------------------------------------------- */

static void a_finished_run_can_be_made_longer(void **state)
{
    (void)state;
    dc_config *config = ten();
    const char *whole = new_name(), *longer = new_name();
    assert_trains_new(config, whole, DC_NEVER, DCGAN_OK);
    set(config, "epochs", "2");
    assert_trains_new(config, longer, DC_NEVER, DCGAN_OK);
    assert_trains_on(longer, NULL, DC_NEVER, DCGAN_E_USAGE);
    assert_message_has("complete (step 6 of 6)");
    assert_trains_on(longer, "epochs=1", DC_NEVER, DCGAN_E_USAGE);
    assert_trains_on(longer, "epochs=4", DC_NEVER, DCGAN_OK);
    assert_same_runs(whole, longer, STEPS);
    dcgan_config_free(config);
}

static void epochs_replace_steps(void **state)
{
    (void)state;
    dc_config *config = ten();
    const char *name = new_name();
    set(config, "steps", "2");
    assert_trains_new(config, name, DC_NEVER, DCGAN_OK);
    assert_trains_on(name, "epochs=2", DC_NEVER, DCGAN_OK);
    assert_true(dc_path_exists(checkpoint_file(name, 6)));
    dcgan_config_free(config);
}

static void what_would_be_another_training_is_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {"batch=8",   "lr=0.1",    "seed=2",    "size=32",    "preset=scenes", "out=x",
                                          "d_steps=2", "samples=4", "flip=true", "nonsense=1", "epoch=5",       "=",
                                          "epochs",    "epochs=0",  "keep=many", "steps=1e99", "device=tpu",    ""};
    dc_config *config = ten();
    const char *whole = new_name(), *name = new_name();
    assert_trains_new(config, whole, DC_NEVER, DCGAN_OK);
    assert_trains_new(config, name, 4, DCGAN_E_STOPPED);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_trains_on(name, refused[i], DC_NEVER, DCGAN_E_USAGE);
    assert_trains_on(name, "checkpoint_every=2steps", DC_NEVER, DCGAN_OK);
    assert_same_runs(whole, name, STEPS);
    dcgan_config_free(config);
}

/* ---- Checkpoints ------------------------------------------------------------------------------------- */

static void assert_checkpoints(const char *run, const uint64_t *want, size_t want_count)
{
    uint64_t *steps;
    size_t count;
    assert_int_equal(dc_run_checkpoints(scratch_path(run), &steps, &count), DCGAN_OK);
    assert_int_equal(count, want_count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(steps[i], want[i]);
    free(steps);
}
#define ASSERT_CHECKPOINTS(run, ...)                                                                                   \
    assert_checkpoints(run, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void the_newest_checkpoints_are_kept(void **state)
{
    (void)state;
    dc_config *config = ten();
    const char *name = new_name();
    set(config, "keep", "2");
    set(config, "checkpoint_every", "5steps");
    assert_trains_new(config, name, 11, DCGAN_E_STOPPED);
    ASSERT_CHECKPOINTS(name, 11, 10);
    assert_trains_on(name, "keep=3", DC_NEVER, DCGAN_OK);
    ASSERT_CHECKPOINTS(name, 12, 11, 10);
    dcgan_config_free(config);
}

static void leftovers_of_a_killed_training_go(void **state)
{
    (void)state;
    dc_config *config = ten();
    const char *name = new_name();
    assert_trains_new(config, name, 4, DCGAN_E_STOPPED);
    static const char *const leftovers[] = {"checkpoints/step_00000009.safetensors.123.tmp", "config.json.77.tmp",
                                            "samples/epoch_0001.png.5.tmp"};
    for (int i = 0; i < 3; i++)
        write_text(run_file(name, leftovers[i]), "half");
    write_text(run_file(name, "notes.txt"), "mine");
    assert_trains_on(name, NULL, DC_NEVER, DCGAN_OK);
    for (int i = 0; i < 3; i++)
        assert_false(dc_path_exists(run_file(name, leftovers[i])));
    assert_true(dc_path_exists(run_file(name, "notes.txt")));
    dcgan_config_free(config);
}

/* Newer checkpoints that could not be used must not crowd out those that can. */
static void a_damaged_checkpoint_costs_no_good_one(void **state)
{
    (void)state;
    dc_config *config = ten();
    const char *whole = new_name(), *name = new_name();
    assert_trains_new(config, whole, DC_NEVER, DCGAN_OK);
    set(config, "keep", "1");
    assert_trains_new(config, name, 4, DCGAN_E_STOPPED);
    assert_trains_on(name, "keep=2", 8, DCGAN_E_STOPPED);
    ASSERT_CHECKPOINTS(name, 8, 6);
    cut_short(checkpoint_file(name, 8), 1000);
    watch w = {.stop_at = 7};
    assert_int_equal(train_on(name, "keep=1", &w), DCGAN_E_STOPPED);
    assert_int_equal(w.warnings, 1);
    assert_non_null(strstr(w.warning, "step_00000008.safetensors"));
    ASSERT_CHECKPOINTS(name, 8, 7);
    assert_trains_on(name, NULL, DC_NEVER, DCGAN_OK);
    ASSERT_CHECKPOINTS(name, 12);
    assert_same_runs(whole, name, STEPS);
    dcgan_config_free(config);
}

static void a_flipped_bit_is_noticed(void **state)
{
    (void)state;
    dc_config *config = ten();
    const char *name = new_name();
    assert_trains_new(config, name, 4, DCGAN_E_STOPPED);
    FILE *file = fopen(checkpoint_file(name, 4), "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -1000, SEEK_END), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, -1, SEEK_CUR), 0);
    assert_int_not_equal(fputc(byte ^ 1, file), EOF);
    assert_int_equal(fclose(file), 0);
    watch w = {.stop_at = DC_NEVER};
    assert_int_equal(train_on(name, NULL, &w), DCGAN_OK);
    assert_int_equal(w.warnings, 1);
    assert_non_null(strstr(w.warning, "checksum"));
    dcgan_config_free(config);
}

static void without_a_whole_checkpoint_nothing_is_touched(void **state)
{
    (void)state;
    dc_config *config = ten();
    const char *name = new_name();
    assert_trains_new(config, name, 4, DCGAN_E_STOPPED);
    ASSERT_CHECKPOINTS(name, 4, 3);
    cut_short(checkpoint_file(name, 4), 0);
    write_text(checkpoint_file(name, 3), "not a checkpoint");
    struct stat before, after;
    assert_int_equal(stat(run_file(name, "metrics.jsonl"), &before), 0);
    assert_trains_on(name, NULL, DC_NEVER, DCGAN_E_INPUT);
    assert_message_has("step_00000003.safetensors");
    ASSERT_CHECKPOINTS(name, 4, 3);
    assert_int_equal(stat(run_file(name, "metrics.jsonl"), &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    dcgan_config_free(config);
}

static void other_pictures_are_refused(void **state)
{
    (void)state;
    dc_config *config = tiny_config("faces", "changing");
    const char *name = new_name();
    make_random_pictures("changing", 5);
    assert_trains_new(config, name, 2, DCGAN_E_STOPPED);
    write_png(run_file("changing", "one_more.png"), 16, 16, 9);
    assert_trains_on(name, NULL, DC_NEVER, DCGAN_E_INPUT);
    assert_message_has("pictures are not those");
    assert_int_equal(unlink(run_file("changing", "one_more.png")), 0);
    assert_trains_on(name, NULL, DC_NEVER, DCGAN_OK);
    dcgan_config_free(config);
}

/* ---- One run, one training --------------------------------------------------------------------------- */

static void a_run_at_work_is_locked(void **state)
{
    (void)state;
    dc_config *config = ten();
    const char *name = new_name();
    dcgan_training *training, *second = NULL;
    assert_trains_new(config, name, 2, DCGAN_E_STOPPED);
    assert_int_equal(dcgan_training_resume(scratch_path(name), NULL, 0, NULL, NULL, &training), DCGAN_OK);
    assert_int_equal(dcgan_training_resume(scratch_path(name), NULL, 0, NULL, NULL, &second), DCGAN_E_USAGE);
    assert_message_has("being trained by another process");
    assert_int_equal(dcgan_training_create(config, NULL, NULL, &second), DCGAN_E_USAGE);
    assert_message_has("holds files already");
    assert_null(second);
    assert_int_equal(dcgan_training_run(training), DCGAN_OK);
    dcgan_training_close(training);
    dcgan_config_free(config);
}

static void a_training_that_cannot_begin_leaves_nothing(void **state)
{
    (void)state;
    dcgan_training *training = NULL;
    /* Found out late, after its notes: the path of the pictures cannot be written into config.json. */
    make_random_pictures("bad \xff name", 2);
    dc_config *config = tiny_config("faces", "bad \xff name");
    const char *name = new_name();
    set(config, "out", scratch_path(name));
    assert_int_equal(dcgan_training_create(config, NULL, NULL, &training), DCGAN_E_USAGE);
    assert_message_has("UTF-8");
    assert_null(training);
    assert_false(dc_path_exists(scratch_path(name)));
    /* In a folder that somebody else uses, only what was made goes. */
    assert_int_equal(dcgan_config_add_pictures(config, scratch_path("absent")), DCGAN_OK);
    assert_int_equal(dcgan_training_create(config, NULL, NULL, &training), DCGAN_E_IO);
    assert_message_has("absent");
    assert_false(dc_path_exists(scratch_path(name)));
    dcgan_config_free(config);
}

static void a_folder_with_files_is_no_new_run(void **state)
{
    (void)state;
    dc_config *config = ten();
    make_folder("mine");
    write_text(scratch_path("mine/thesis.txt"), "years of work");
    assert_trains_new(config, "mine", DC_NEVER, DCGAN_E_USAGE);
    assert_message_has("holds files already");
    assert_true(dc_path_exists(scratch_path("mine/thesis.txt")));
    assert_false(dc_path_exists(scratch_path("mine/checkpoints")));
    dcgan_config_free(config);
}

static void few_pictures_are_noted(void **state)
{
    (void)state;
    dc_config *config = tiny_config("faces", "three");
    watch w = {.stop_at = DC_NEVER};
    assert_int_equal(train_new(config, new_name(), &w), DCGAN_OK);
    assert_non_null(strstr(w.notes, "fewer pictures (3) than a batch (4)"));
    dcgan_config_free(config);
}

/* ---- Failing disks ----------------------------------------------------------------------------------- */

static void put_in_full_disk(const char *run, const char *file)
{
    char *path;
    assert_int_equal(dc_path(&path, "%s/%s", run, file), DCGAN_OK);
    unlink(path);
    assert_int_equal(symlink("/dev/full", path), 0);
    free(path);
}

static void lose_metrics(const char *run)
{
    put_in_full_disk(run, "metrics.jsonl");
}

static void lose_samples(const char *run)
{
    char *path;
    assert_int_equal(dc_path(&path, "%s/samples", run), DCGAN_OK);
    assert_int_equal(rmdir(path), 0);
    free(path);
}

static void lose_checkpoints(const char *run)
{
    char *path;
    assert_int_equal(dc_path(&path, "%s/checkpoints", run), DCGAN_OK);
    assert_int_equal(rmdir(path), 0);
    free(path);
}

static void a_lost_line_of_metrics_does_not_end_a_training(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0) {
        print_message("SKIPPED: there is no /dev/full.\n");
        skip();
    }
    dc_config *config = ten();
    const char *whole = new_name(), *name = new_name();
    watch w = {.stop_at = DC_NEVER, .on_started = lose_metrics};
    assert_trains_new(config, whole, DC_NEVER, DCGAN_OK);
    assert_int_equal(train_new(config, name, &w), DCGAN_OK);
    assert_int_equal(w.warnings, 1);
    assert_non_null(strstr(w.warning, "metrics.jsonl cannot be written: No space left on device"));
    assert_same_tensors(checkpoint_file(whole, STEPS), checkpoint_file(name, STEPS));
    dcgan_config_free(config);
}

static void lost_samples_do_not_end_a_training(void **state)
{
    (void)state;
    dc_config *config = ten();
    const char *whole = new_name(), *name = new_name();
    watch w = {.stop_at = DC_NEVER, .on_started = lose_samples};
    assert_trains_new(config, whole, DC_NEVER, DCGAN_OK);
    assert_int_equal(train_new(config, name, &w), DCGAN_OK);
    assert_int_equal(w.warnings, 5); /* before training, and after each epoch */
    assert_non_null(strstr(w.warning, "samples/epoch_0004.png"));
    assert_same_tensors(checkpoint_file(whole, STEPS), checkpoint_file(name, STEPS));
    dcgan_config_free(config);
}

static void a_lost_checkpoint_ends_a_training(void **state)
{
    (void)state;
    dc_config *config = ten();
    watch w = {.stop_at = DC_NEVER, .on_started = lose_checkpoints};
    assert_int_equal(train_new(config, new_name(), &w), DCGAN_E_IO);
    assert_message_has("step_00000003.safetensors");
    dcgan_config_free(config);
}

/* ---- Divergence -------------------------------------------------------------------------------------- */

static json_t *last_event(const char *run)
{
    FILE *file = fopen(run_file(run, "events.jsonl"), "r");
    assert_non_null(file);
    char line[4096];
    json_t *event = NULL;
    while (fgets(line, sizeof line, file)) {
        json_decref(event);
        event = json_loads(line, 0, NULL);
        assert_non_null(event);
    }
    fclose(file);
    return event;
}

static void assert_last_state(const char *run, const char *state)
{
    json_t *event = last_event(run);
    assert_string_equal(json_string_value(json_object_get(event, "event")), "finished");
    assert_string_equal(json_string_value(json_object_get(event, "state")), state);
    json_decref(event);
}

static void numbers_that_are_not_finite_end_a_training_and_are_not_saved(void **state)
{
    (void)state;
    dc_config *config = ten();
    const char *name = new_name();
    set(config, "checkpoint_every", "3steps");
    assert_int_equal(train_new(config, name, &(watch){.stop_at = DC_NEVER, .poison_at = 4}), DCGAN_E_DIVERGED);
    assert_message_has("step 5");
    ASSERT_CHECKPOINTS(name, 3);
    assert_last_state(name, "diverged");
    assert_int_equal(train_on(name, NULL, &(watch){.stop_at = DC_NEVER, .poison_at = 6}), DCGAN_E_DIVERGED);
    ASSERT_CHECKPOINTS(name, 3); /* poisoned, the sixth step's own checkpoint is refused */
    assert_trains_on(name, NULL, DC_NEVER, DCGAN_OK);
    assert_last_state(name, "done");
    dcgan_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumed_runs_on_ref_are_as_if_never_stopped),
        cmocka_unit_test(resumed_runs_on_cpu_are_as_if_never_stopped),
        cmocka_unit_test(the_number_of_threads_changes_no_bit),
        cmocka_unit_test(seeds_make_different_trainings),
        cmocka_unit_test(lines_beyond_the_checkpoint_are_taken_back),
        cmocka_unit_test(a_moved_run_goes_on),
        cmocka_unit_test(a_finished_run_can_be_made_longer),
        cmocka_unit_test(epochs_replace_steps),
        cmocka_unit_test(what_would_be_another_training_is_refused),
        cmocka_unit_test(the_newest_checkpoints_are_kept),
        cmocka_unit_test(leftovers_of_a_killed_training_go),
        cmocka_unit_test(a_damaged_checkpoint_costs_no_good_one),
        cmocka_unit_test(a_flipped_bit_is_noticed),
        cmocka_unit_test(without_a_whole_checkpoint_nothing_is_touched),
        cmocka_unit_test(other_pictures_are_refused),
        cmocka_unit_test(a_run_at_work_is_locked),
        cmocka_unit_test(a_training_that_cannot_begin_leaves_nothing),
        cmocka_unit_test(a_folder_with_files_is_no_new_run),
        cmocka_unit_test(few_pictures_are_noted),
        cmocka_unit_test(a_lost_line_of_metrics_does_not_end_a_training),
        cmocka_unit_test(lost_samples_do_not_end_a_training),
        cmocka_unit_test(a_lost_checkpoint_ends_a_training),
        cmocka_unit_test(numbers_that_are_not_finite_end_a_training_and_are_not_saved),
    };
    return cmocka_run_group_tests(tests, create, scratch_remove);
}
