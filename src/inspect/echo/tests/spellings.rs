//! Spellings by kind of identifier: what must be found, and what must not.

use super::*;

/// An original in UTF-8 with these elements.
fn of(elements: &[(Tag, VR, &str)]) -> Echo {
    let mut all: Vec<(Tag, VR, &[u8])> = vec![(Tag(0x0008, 0x0005), VR::CS, b"ISO_IR 192")];
    all.extend(elements.iter().map(|(tag, vr, value)| (*tag, *vr, value.as_bytes())));
    all.sort_by_key(|(tag, ..)| *tag);
    echo(&all)
}

fn named(name: &str) -> Echo {
    of(&[(NAME, VR::PN, name)])
}

fn hits(echo: &Echo, texts: &[&str]) {
    for text in texts {
        assert!(kind(echo, text).is_some(), "{text}");
    }
}

fn misses(echo: &Echo, texts: &[&str]) {
    for text in texts {
        assert_eq!(kind(echo, text), None, "{text}");
    }
}

#[test]
fn spaces_and_signs_inside_a_name() {
    let echo = named("Yamada^Tarou=山田^太郎=やまだ^たろう");
    hits(
        &echo,
        &[
            "Y a m a d a",
            "CT Y.A.M.A.D.A 3",
            "T a r o u",
            "ｙ　ａ　ｍ　ａ　ｄ　ａ",
            "や ま だ",
            "ヤ・マ・ダ",
            "山・田",
            "山　田　太　郎",
            "Ya-mada",
            "Yama-\r\nda",
            "y_a_m_a_d_a",
        ],
    );
    let short = named("Sato^Ken");
    hits(&short, &["S a t o", "S-a-t-o", "s.a.t.o.u", "CT S A T O"]);
    misses(&short, &["S a", "a t o", "S a t", "T 1 s a t 2 o"]);
}

#[test]
fn scripts_that_mix() {
    let echo = named("Yamada^Tarou=山田^太郎=やまだ^たろう");
    hits(
        &echo,
        &[
            "山だ",
            "やま田",
            "ヤマ田様",
            "山ダさん",
            "患者 山だ 太ろう",
            "太ロウ",
            "たろうくん",
            "やまださん",
            "やまだたろうちゃん",
        ],
    );
    misses(&echo, &["山の写真", "田だ", "山ですよ", "だ田", "やまびこ"]);
    // The reading from the romaji alone.
    let read = named("Saitou^Kenichi=齋藤^健一");
    hits(
        &read,
        &[
            "さいとう",
            "サイトー",
            "斎とう",
            "斉藤",
            "齊藤 健一",
            "サイトウサン",
            "けんいちくん",
            "患者さいとうけんいち",
            "ケン一",
        ],
    );
    misses(&read, &["サイト", "サイズ", "斎"]);
    let long = named("Hasegawa^Jun=長谷川^純");
    hits(&long, &["長谷がわ", "長せがわ", "はせ川", "ハセガワ"]);
}

#[test]
fn romaji_of_one_name() {
    for (name, spelt) in [
        (
            "Satou^Yuuki",
            &["Sato", "Satoh", "Satô", "SATŌ", "YUKI", "Yûki", "Satou", "サトウ", "サトー"][..],
        ),
        ("Sato^Yuki", &["Satou", "Satoh", "Satō", "Yuuki", "ﾕｳｷ"]),
        ("Ōno^Jirō", &["Ono J. Jiro", "Oono", "Ohno", "Jirou", "Ziro", "オオノ", "おおの"]),
        ("Ohishi^Chiyo", &["Oishi", "Ooishi", "Tiyo", "オオイシ", "おおいし"]),
        ("Hattori^Shinji", &["HATORI", "Sinzi", "ﾊﾂﾄﾘ", "はっとり", "Hattori-san"]),
        ("Homma^Jumpei", &["Honma", "Junpei", "Zyunpei", "ホンマ", "じゅんぺい"]),
        ("Tsuchiya^Ryou", &["Tutiya", "TSUTIYA", "つちや", "Tsuchiya_R"]),
        ("Fujii^Kazuo", &["Huzii", "Hujii", "フジイ", "ふぢい", "Kaduo"]),
        ("Inoue^Kyouko", &["Inoue", "イノウエ", "Kyoko", "Kiyouko"]),
    ] {
        hits(&named(name), spelt);
    }
    misses(&named("Satou^Yuuki"), &["Sator", "satisfactory", "Yukikaze", "サトイモ"]);
}

#[test]
fn initials_and_logins() {
    let echo = named("Yamada^Tarou");
    hits(
        &echo,
        &[
            "T. Yamada",
            "Y. Tarou",
            "TYAMADA",
            "yamadat",
            "tarouy",
            "Y.T.",
            "T. Y.",
            "Dr. T.Y.",
            "Y.T. 様",
            "pt. Y.T.",
        ],
    );
    misses(&echo, &["T.Y", "YT", "T Y", "CT Y.T. axial", "T. 1", "T1", "y"]);
    let short = named("Oh^Sadaharu");
    hits(&short, &["Dr. Oh", "Oh, S.", "S. Oh", "Oh^S", "oh 様", "Sadaharu"]);
    misses(&short, &["oh", "OH 1", "Oh S 3"]);
}

#[test]
fn words_that_are_names_as_well() {
    let echo = named("Long^Hand");
    hits(
        &echo,
        &[
            "Long^",
            "Dr. Long",
            "LONG, H.",
            "H. Long",
            "Long Hand",
            "Hand_Long",
            "Mr. Long 3",
            "long様",
            "name: Long",
        ],
    );
    misses(
        &echo,
        &[
            "Long",
            "Hand",
            "Long axis",
            "HAND AP",
            "T1 long TR",
            "DR HAND",
            "MR LONG BONE",
            "longitudinal",
            "along",
        ],
    );
    let wood = named("Hayashi^Makoto=林^誠=はやし^まこと");
    hits(
        &wood,
        &[
            "林様",
            "林先生",
            "林 誠",
            "誠林",
            "患者 林",
            "患者林",
            "担当医:林",
            "林^",
            "林 Dr.",
            "Dr.林",
            "はやし",
        ],
    );
    misses(&wood, &["林", "森林", "林檎", "誠", "小林", "林 3"]);
    let south = named("Nambu^Ichirou=南部^一郎");
    hits(&south, &["南部様", "南部一郎", "患者：南部", "Nanbu"]);
    misses(&south, &["南部", "地域 南部 3"]);
    let place = named("Ishikawa^Ken=石川^健");
    hits(&place, &["石川", "石川様", "CT 石川 健", "Ishikawa"]);
    misses(&place, &["石川県", "石川県立中央病院", "石川病院 CT"]);
}

#[test]
fn variant_kanji() {
    let echo = named("Takasaki^Kunio=髙﨑^國男");
    hits(&echo, &["高崎", "髙崎", "高﨑", "国男", "國男", "高嵜"]);
    let echo = named("Watanabe^Keisuke=渡邉^佑介\\Sawada^A=澤田^愛");
    hits(&echo, &["渡辺", "渡邊", "渡邉", "渡\u{E0100}辺", "沢田", "澤田様"]);
    let echo = named("Sasaki^Ai=佐々木^愛");
    hits(&echo, &["佐々木", "佐佐木", "佐々木愛", "ささき", "佐々き"]);
}

#[test]
fn patient_numbers() {
    let echo = of(&[(Tag(0x0010, 0x0020), VR::LO, "ZZ-0000123")]);
    hits(
        &echo,
        &[
            "ZZ-0000123",
            "ZZ 0000123",
            "zz0000123",
            "ＺＺ−００００１２３",
            "0000123",
            "ID 0000123",
            "0000-123",
            "00 00 123",
            "000123 ",
            "ZZ123",
            "ZZ-123",
            "ZZ 123",
            "ID 123",
            "ID:123",
            "患者ID：123",
            "PID=123",
            "#123",
            "カルテ番号 123",
        ],
    );
    misses(&echo, &["123", "IMG 123", "123 mm", "T1 123", "grid 123", "1230", "ZZ", "0000124"]);
    assert!(echo.is_number(b"0000123").is_none());
    assert!(of(&[(Tag(0x0010, 0x0020), VR::LO, "ZZ-1234567")]).is_number(b"1234567").is_some());
    let plain = of(&[(Tag(0x0010, 0x0020), VR::LO, "12345678")]);
    hits(
        &plain,
        &[
            "1234567-8",
            "12345678",
            "1234 5678",
            "12-34-56-78",
            "0012345678",
            "1234567",
            "１２３４５６７８",
            "ID12345678",
        ],
    );
    misses(&plain, &["123456", "1234 56", "2345678 ", "12 34"]);
    let short = of(&[(Tag(0x0010, 0x0020), VR::LO, "500")]);
    hits(&short, &["500", "ID 500", "0000500"]);
    misses(&short, &["TR 500", "500 ms", "SE 500"]);
}

#[test]
fn telephone_numbers_and_postal_codes() {
    let echo = of(&[
        (Tag(0x0010, 0x2154), VR::SH, "03-5555-0123"),
        (Tag(0x0010, 0x1040), VR::LO, "〒100-0005 東京都千代田区丸の内一丁目"),
    ]);
    hits(
        &echo,
        &[
            "03-5555-0123",
            "0355550123",
            "03 5555 0123",
            "(03)5555-0123",
            "03(5555)0123",
            "０３−５５５５−０１２３",
            "03ー5555ー0123",
            "+81-3-5555-0123",
            "81355550123",
            "+81 (0)3 5555 0123",
            "5555-0123",
            "55550123",
            "tel 5555 0123",
            "100-0005",
            "〒1000005",
            "1000005",
            "〒１００−０００５",
        ],
    );
    misses(&echo, &["0123", "5555", "100", "100 5", "03-5555-0124", "0005"]);
    let mobile = of(&[(Tag(0x0010, 0x2154), VR::SH, "+819012345678")]);
    hits(&mobile, &["090-1234-5678", "09012345678", "+81 90 1234 5678", "1234-5678"]);
    let country = of(&[(Tag(0x0010, 0x2154), VR::SH, "0467-55-0123 内線 12")]);
    hits(&country, &["0467-55-0123", "0467550123", "55-0123"]);
    misses(&country, &["55 0123", "12"]);
}

#[test]
fn parts_of_addresses() {
    let echo = of(&[
        (Tag(0x0010, 0x1040), VR::LO, "神奈川県横浜市港北区日吉本町3-2-1 メゾン東都"),
        (Tag(0x0008, 0x0081), VR::ST, "Example Avenue 12, Springfield, Freedonia"),
    ]);
    hits(
        &echo,
        &[
            "神奈川県横浜市",
            "横浜市港北区",
            "横浜 日吉本町",
            "日吉本町3丁目",
            "日吉本町三丁目",
            "神奈川県横浜市港北区日吉本町3-2-1",
            "Springfield, Freedonia",
            "EXAMPLE AVENUE 12",
            "12 Example Avenue",
        ],
    );
    hits(
        &of(&[(Tag(0x0010, 0x1040), VR::LO, "北海道仮想郡夢見町字霞1-2")]),
        &["北海道 夢見町", "仮想郡夢見町"],
    );
    misses(
        &echo,
        &["横浜市", "横浜", "神奈川県", "日吉本町", "Springfield", "Freedonia", "神奈川"],
    );
}

#[test]
fn institutions_by_their_own_words() {
    const INSTITUTION: Tag = Tag(0x0008, 0x0080);
    let echo = of(&[(INSTITUTION, VR::LO, "東都中央病院")]);
    hits(&echo, &["東都中央病院", "東都中央", "東都 放射線科", "ＣＴ東都", "東都病院"]);
    misses(&echo, &["中央病院", "病院", "中央", "東", "京都"]);
    let echo = of(&[(INSTITUTION, VR::LO, "Touto Central Hospital")]);
    hits(&echo, &["Touto", "TOUTO CT", "Touto Hosp.", "touto-central", "TOUTOCENTRALHOSPITAL"]);
    misses(&echo, &["Central", "Hospital", "central line", "Hospital CT"]);
    let echo = of(&[(INSTITUTION, VR::LO, "Kobe University Hospital")]);
    hits(&echo, &["Kobe Univ.", "University of Kobe", "Kobe University Hospital"]);
    misses(&echo, &["Kobe", "University"]);
    let echo = of(&[(INSTITUTION, VR::LO, "東京大学医学部附属病院")]);
    hits(&echo, &["東京大学医学部附属病院", "東京大学医学部"]);
    misses(&echo, &["東京", "医学部", "大学"]);
    let echo = of(&[(INSTITUTION, VR::LO, "Xugou First Hospital")]);
    hits(&echo, &["Xugou", "First Hospital of Xugou"]);
    misses(&echo, &["First", "First Chest PA and lateral"]);
}

#[test]
fn makers_and_models_are_no_institutions() {
    let device = |institution: &'static str, station: &'static str| {
        of(&[
            (Tag(0x0008, 0x0070), VR::LO, "SIEMENS"),
            (Tag(0x0008, 0x0080), VR::LO, institution),
            (Tag(0x0008, 0x1010), VR::SH, station),
            (Tag(0x0008, 0x1040), VR::LO, "Radiology"),
            (Tag(0x0008, 0x1090), VR::LO, "Skyra_fit"),
        ])
    };
    for (institution, station) in
        [("SIEMENS", "SIEMENS"), ("Siemens Healthcare", "Skyra_fit"), ("TOSHIBA_MEC", "")]
    {
        let echo = device(institution, station);
        misses(
            &echo,
            &[
                "SIEMENS",
                "Siemens Healthcare",
                "Skyra_fit",
                "TOSHIBA_MEC",
                "Radiology",
                "RADIOLOGY CT",
            ],
        );
    }
    let echo = device("Skyra Health Touto Hospital", "");
    misses(&echo, &["Skyra_fit", "Skyra"]);
    hits(&echo, &["Skyra Health", "Touto"]);
    let echo = device("Siemens Touto Clinic", "TOUTOCT1");
    hits(&echo, &["Siemens Touto Clinic", "Touto", "TOUTOCT1", "toutoct1 3"]);
}

#[test]
fn dates_of_the_examination() {
    let dates: &[(Tag, VR, &str)] = &[
        (Tag(0x0008, 0x0020), VR::DA, "20261119"),
        (Tag(0x0008, 0x002A), VR::DT, "20261120101500"),
        (Tag(0x0008, 0x0106), VR::DT, "20020904"),
    ];
    let echo = of(dates);
    let rule = |text: &str| echo.search_text(text, String::new).map(|r| r.rule.into_owned());
    for text in
        ["CT 2026-11-19", "20261119", "令和8年11月20日", "R8.11.19", "19 Nov 2026", "11/20/2026"]
    {
        assert_eq!(rule(text).as_deref(), Some("G2-05"), "{text}");
    }
    for text in ["19 11 26", "261119", "20261121", "2002-09-04", "11.19.26"] {
        assert_eq!(rule(text), None, "{text}");
    }
    // Where the route keeps dates, they stay in texts too.
    let mut w = Writer::new(Encoding::ExplicitLittle);
    dates.iter().for_each(|(tag, vr, value)| w.text(*tag, *vr, value));
    let parsed = DataSet::parse(w.into_bytes(), Encoding::ExplicitLittle);
    let kept = crate::policy::options::ProfileOption::FullDates;
    let original = parsed.unwrap_or_else(|e| panic!("{e}"));
    let echo = Echo::gather(checks(), &original, [kept].into_iter().collect());
    misses(&echo, &["CT 2026-11-19"]);
}

#[test]
fn texts_in_bytes() {
    let echo = usual();
    for bytes in [
        &b"\x01\x02Satou T. Yamada\0"[..],
        b"\0\0Tarou Yamada\0",
        b"\xFF\xD8COM yamadatarou \xFF",
        b"\0dob 1970/3/2\0",
        b"\0Mar 2, 1970\0\0",
        b"\0ID=zz 0000123\0",
        b"\x1B$B;3\x1B(B\x1B$BED\x1B(B",
        b"x\x1B$B;3\x1B(J\x1B$(D\x1B$BED",
    ] {
        assert!(echo.search_bytes(bytes, String::new).is_some(), "{bytes:?}");
    }
    let long = |text: &[u8]| [&[7_u8; 5000][..], text, &[7; 5000]].concat();
    for text in [&b"\0Yamada\0"[..], "太郎".as_bytes(), b"dob 1970-03-02 xx yy"] {
        assert!(echo.search_bytes(&long(text), String::new).is_some(), "{text:?}");
    }
    assert!(echo.search_bytes(&long(b"\0\x8E\x52\x93\x63\0"), String::new).is_none());
    for bytes in [&b"\0Abe\0Jun\0"[..], b"2 3 70\0", b"\x1B$B;3\x1B(B", b"\0tarantula\0"] {
        assert!(echo.search_bytes(bytes, String::new).is_none(), "{bytes:?}");
    }
}

#[test]
fn many_names_are_bounded() {
    let names: Vec<String> =
        (0..10_000).map(|n| format!("Yamada{}^Tarou{n}", "abcdefghij".repeat(1 + n % 3))).collect();
    let mut w = Writer::new(Encoding::ExplicitLittle);
    w.begin_sequence(Tag(0x0040, 0xA073));
    for name in &names {
        w.begin_item();
        w.text(Tag(0x0040, 0xA075), VR::PN, name);
        w.end_item();
    }
    w.end_sequence();
    let parsed = DataSet::parse(w.into_bytes(), Encoding::ExplicitLittle);
    let original = parsed.unwrap_or_else(|e| panic!("{e}"));
    let echo = Echo::gather(checks(), &original, crate::policy::options::Options::NONE);
    let most = checks().identifiers.lengths.most;
    assert!(echo.count() < most + 1000, "{}", echo.count());
    assert_eq!(echo.unfinished().map(|r| r.rule.into_owned()).as_deref(), Some("CHECK_UNFINISHED"));
}
