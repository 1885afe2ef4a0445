// Files of the disk: reading with bounds, writing whole or not at all.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/sys/files.h"

struct folder {
    char path[64];
    struct arena arena;
    struct buffer error;
};

static int set_up(void **state)
{
    static struct folder folder;
    folder = (struct folder){.path = "/tmp/drowse-files-XXXXXX"};
    buffer_init(&folder.error, 1024);
    *state = &folder;
    return mkdtemp(folder.path) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct folder *folder = *state;
    arena_release(&folder->arena);
    buffer_release(&folder->error);
    return rmdir(folder->path);
}

static struct text in_folder(struct folder *folder, const char *name)
{
    return arena_format(&folder->arena, "%s/%s", folder->path, name);
}

static void expect_error(struct folder *folder, struct text path, const char *reason)
{
    struct text expected = arena_format(&folder->arena, "%.*s: %s", TEXT_ARG(path), reason);
    assert_string_equal(folder->error.p, expected.p);
    buffer_clear(&folder->error);
}

static void test_round_trip(void **state)
{
    struct folder *folder = *state;
    struct text path = in_folder(folder, "a"), content = {NULL, 0};
    assert_true(file_write_atomic(path, TEXT("one"), &folder->error));
    assert_true(file_read(&folder->arena, path, 3, &content, &folder->error));
    assert_true(text_is(content, "one"));
    assert_int_equal(content.p[3], '\0');
    assert_true(file_write_atomic(path, TEXT(""), &folder->error));
    assert_true(file_read(&folder->arena, path, 0, &content, &folder->error));
    assert_int_equal(content.n, 0);
    assert_int_equal(folder->error.n, 0);
    assert_int_equal(unlink(path.p), 0);
}

static void test_large(void **state)
{
    struct folder *folder = *state;
    static char bytes[100000];
    struct text path = in_folder(folder, "a"), content = {NULL, 0};
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('a' + i % 26);
    assert_true(file_write_atomic(path, (struct text){bytes, sizeof bytes}, &folder->error));
    assert_true(file_read(&folder->arena, path, sizeof bytes, &content, &folder->error));
    assert_true(text_eq(content, (struct text){bytes, sizeof bytes}));
    assert_false(file_read(&folder->arena, path, 64 * 1024, &content, &folder->error));
    expect_error(folder, path, "over 64 KB");
    assert_int_equal(unlink(path.p), 0);
}

static void test_mode_and_links(void **state)
{
    struct folder *folder = *state;
    struct stat status;
    struct text path = in_folder(folder, "a"), link = in_folder(folder, "link"), content = {NULL, 0};
    assert_true(file_write_atomic(path, TEXT("one"), &folder->error));
    assert_int_equal(chmod(path.p, 0640), 0);
    assert_int_equal(symlink("a", link.p), 0);
    assert_true(file_write_atomic(link, TEXT("two"), &folder->error));
    assert_int_equal(stat(path.p, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(lstat(link.p, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_true(file_read(&folder->arena, path, 10, &content, &folder->error));
    assert_true(text_is(content, "two"));
    assert_int_equal(unlink(link.p), 0);
    assert_int_equal(unlink(path.p), 0);
}

static void test_reading_fails(void **state)
{
    struct folder *folder = *state;
    struct text content = {NULL, 0}, missing = in_folder(folder, "none"), itself = text_of(folder->path);
    assert_false(file_read(&folder->arena, missing, 10, &content, &folder->error));
    expect_error(folder, missing, "no such file or directory");
    assert_false(file_read(&folder->arena, itself, 10, &content, &folder->error));
    expect_error(folder, itself, "is a directory");
    assert_false(file_read(&folder->arena, TEXT(""), 10, &content, &folder->error));
    expect_error(folder, TEXT(""), "an empty path");
    assert_false(file_read(&folder->arena, TEXT("a\0b"), 10, &content, &folder->error));
    buffer_clear(&folder->error);
    assert_null(content.p);
}

// A device has no size to tell how much it will give.
static void test_endless_input(void **state)
{
    struct folder *folder = *state;
    struct text content = {NULL, 0};
    assert_false(file_read(&folder->arena, TEXT("/dev/zero"), 100000, &content, &folder->error));
    expect_error(folder, TEXT("/dev/zero"), "over 97 KB");
}

static void test_writing_fails(void **state)
{
    struct folder *folder = *state;
    struct text nowhere = in_folder(folder, "none/a"), itself = text_of(folder->path);
    assert_false(file_write_atomic(nowhere, TEXT("x"), &folder->error));
    expect_error(folder, nowhere, "no such file or directory");
    assert_false(file_write_atomic(itself, TEXT("x"), &folder->error));
    expect_error(folder, itself, "is a directory");
    assert_false(file_write_atomic(TEXT("/dev/null"), TEXT("x"), &folder->error));
    expect_error(folder, TEXT("/dev/null"), "is not a regular file");
}

static void test_zones(void **state)
{
    struct folder *folder = *state;
    struct text path = in_folder(folder, "Here"), content = {NULL, 0};
    struct zone_folder zones = {folder->path};
    struct file_reader disk = file_reader_disk(), own = file_reader_disk_zones(&zones);
    assert_true(file_write_atomic(path, TEXT("TZif"), &folder->error));
    assert_true(own.read_zone(own.context, &folder->arena, TEXT("Here"), &content, &folder->error));
    assert_true(text_is(content, "TZif"));
    assert_false(disk.read_zone(disk.context, &folder->arena, TEXT("Here"), &content, &folder->error));
    assert_string_equal(folder->error.p, "there is no such zone in /usr/share/zoneinfo");
    buffer_clear(&folder->error);
    assert_true(disk.read(disk.context, &folder->arena, path, 10, &content, &folder->error));
    assert_false(disk.read(disk.context, &folder->arena, text_of(folder->path), 10, &content, &folder->error));
    assert_string_equal(folder->error.p, "is a directory");
    buffer_clear(&folder->error);
    assert_int_equal(unlink(path.p), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_large, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mode_and_links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reading_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_endless_input, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_writing_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_zones, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("files", tests, NULL, NULL) != 0;
}
