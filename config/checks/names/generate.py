#!/usr/bin/env python3
"""Makes the name lists of this folder. Run by hand; the results are committed.

    pip install japanese-personal-name-dataset==0.4.0 gimei==0.2.3 namedivider-python==0.4.2 names==0.3.0
    config/checks/names/generate.py

surnames_ja.csv  spellings, reading, romaji, the most frequent first. From japanese-personal-name-dataset (MIT), with the
                 variant kanji that are met beside each.
given_ja.csv     the same for given names. From the short lists of japanese-personal-name-dataset (MIT) and gimei (MIT). No
                 public list is ranked by frequency: a spelling counts by how often its first and last character begin
                 and end given names, as counted by namedivider-python (MIT), and if both lists have it.
names_en.csv     surnames and given names of the census of the United States of 1990 (public domain), the most frequent
                 first; as packed by names (MIT).
Several spellings, readings and romaji stand in one field with a space between.
"""

import collections
import csv
import importlib.util
import pathlib
import re

HERE = pathlib.Path(__file__).parent
GIVEN, GIVEN_READINGS, ENGLISH = 2200, 1200, 2000
VARIANTS = ["髙高", "﨑崎", "嵜崎", "碕崎", "齋斎", "斉斎", "齊斎", "邉辺", "邊辺", "濵浜", "濱浜", "廣広", "澤沢", "櫻桜", "國国",
            "眞真", "嶋島", "條条", "龍竜", "瀧滝", "冨富", "圓円", "榮栄", "壽寿", "黑黒", "關関", "𠮷吉", "曾曽", "德徳"]
KUNREI = [("shi", "si"), ("sh", "sy"), ("chi", "ti"), ("ch", "ty"), ("tsu", "tu"), ("fu", "hu"), ("ji", "zi"), ("j", "zy")]
# Given names that everybody has met, of older people too: the short lists are of the young.
KNOWN = """太郎 一郎 次郎 二郎 三郎 四郎 五郎 花子 哲夫 千代 雄一郎 真一郎 健一郎 孝太郎 光太郎 慎太郎 俊太郎 幸太郎 淳一郎 龍太郎 恵美子 真理子 佐知子 由紀子 美智子 亜希子 麻里子 真紀子 美紀子 早智子 喜代子 誠 博 茂 勝 清 弘 実 健 進 正 昇 明 昭 稔 隆 豊 満 修 浩 聡 学 徹 亮 剛 猛 悟 淳 敦
和子 幸子 恵子 節子 洋子 文子 久子 千代子 美代子 良子 弘子 光子 静子 敏子 信子 悦子 京子 順子 裕子 直子 智子 由美子 真由美 久美子 陽子 典子 和男 和夫
正男 正夫 幸雄 義雄 昭二 昭一 健一 健二 健太 健太郎 大輔 大介 翔太 翔 拓也 直樹 直人 哲也 達也 和也 雅之 正人 浩一 浩二 秀樹 英樹 茂雄 一夫 一男
美咲 愛 葵 陽菜 さくら 結衣 大翔 蓮 悠真 陽翔 湊 真 恵 恵美 美香 美穂 明美 直美 麻衣 彩 舞 千尋 香織 佐知子 キヨ ハナ トメ ヨシ フミ""".split()


def package(name):
    return pathlib.Path(importlib.util.find_spec(name).origin).parent


def romaji(word):
    """The ways in which a name is written: satou, sato, satoh; shinji, sinzi; nanba, namba."""
    forms = {word, re.sub(r"o[uo]", "o", word).replace("uu", "u"), re.sub(r"o[uo](?![aiueo])", "oh", word)}
    for form in list(forms):
        kunrei = form
        for hepburn, short in KUNREI:
            kunrei = kunrei.replace(hepburn, short)
        forms |= {kunrei, re.sub(r"n(?=[bmp])", "m", form)}
    return " ".join(sorted((f for f in forms if len(f) > 2), key=lambda f: (f != word, f)))


def write(name, heading, columns, rows):
    with open(HERE / name, "w", encoding="utf-8", newline="") as out:
        out.write(f"# {heading} Made by generate.py.\n{columns}\n")
        csv.writer(out, lineterminator="\n").writerows(rows)


def surnames(dataset):
    table = []
    for kanji, _, kana, latin in csv.reader(open(dataset / "last_name_org.csv", encoding="utf-8")):
        spellings = [kanji] + [kanji.replace(common, rare) for rare, common in VARIANTS if common in kanji]
        table.append((" ".join(dict.fromkeys(spellings)), kana, romaji(latin)))
    write("surnames_ja.csv", "japanese-personal-name-dataset 0.4.0 (MIT).", "spellings,kana,romaji", table)


def given(dataset, gimei, kanji_table):
    readings, latin, votes = collections.defaultdict(set), {}, collections.Counter()
    for name in ["first_name_man", "first_name_woman"]:
        for size in ["opti", "org"]:
            for kana, romaji_form, *spellings in csv.reader(open(dataset / f"{name}_{size}.csv", encoding="utf-8")):
                latin[kana] = romaji_form
                for spelling in spellings:
                    readings[spelling].add(kana)
                    votes[spelling] |= 1 if size == "opti" else 0
    text = (gimei / "data" / "names.yml").read_text(encoding="utf-8").split("last_name:")[0]
    for spelling, kana in re.findall(r"- \['(.+?)', '(.+?)',", text):
        readings[spelling].add(kana)
        votes[spelling] |= 2
    counts = {row["kanji"]: row for row in csv.DictReader(open(kanji_table, encoding="utf-8"))}

    def score(spelling):
        count = lambda at, key: int(counts.get(spelling[at], {}).get(key, 0)) + 0.1
        if len(spelling) == 1:
            common = count(0, "lc_given_1") ** 2 * 40
        else:
            common = count(0, "oc_given_first") * count(-1, "oc_given_last")
        return common * (4 if votes[spelling] == 3 else 1) * (1 if len(spelling) < 3 else 0.02)

    ranked = [s for s in readings if votes[s] and re.fullmatch(r"[\u4e00-\u9fff々]{1,3}", s)]
    ranked.sort(key=score, reverse=True)
    chosen = dict.fromkeys(KNOWN + ranked[:GIVEN])
    # A reading counts by the spellings chosen for it.
    by_reading = collections.defaultdict(list)
    for spelling in chosen:
        for kana in readings.get(spelling, ()):
            by_reading[kana].append(spelling)
    frequent = sorted((k for k in by_reading if k in latin), key=lambda k: -len(by_reading[k]))[:GIVEN_READINGS]
    seen, table = set(), []
    for kana in frequent:
        fresh = [s for s in by_reading[kana] if s not in seen]
        seen.update(fresh)
        table.append((" ".join(fresh), kana, romaji(latin[kana])))
    table += [(s, "", "") for s in chosen if s not in seen]
    write("given_ja.csv", "japanese-personal-name-dataset 0.4.0 (MIT), gimei 0.2.3 (MIT), counts of namedivider-python 0.4.2 (MIT).",
          "spellings,kana,romaji", table)
    return len(seen)


def english(names):
    read = lambda name: [line.split() for line in (names / name).read_text().splitlines()]
    first = sorted(read("dist.male.first") + read("dist.female.first"), key=lambda row: -float(row[1]))
    table = [("surname", row[0].lower()) for row in read("dist.all.last")[:ENGLISH]]
    table += [("given", name) for name in list(dict.fromkeys(row[0].lower() for row in first))[:ENGLISH]]
    write("names_en.csv", "Census of the United States, 1990 (public domain); names 0.3.0 (MIT).", "kind,name", table)


dataset = package("japanese_personal_name_dataset") / "dataset"
surnames(dataset)
print(given(dataset, package("gimei"), package("namedivider") / "assets" / "kanji.csv"), "spellings of given names")
english(package("names"))
