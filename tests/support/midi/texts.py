"""What technologists and systems write into descriptions and comments, with places in it where an identifier slipped in.

The words are those of radiology departments, written down without a look at the vocabulary of the gateway. `{…}` is an
identifier (people.py); a word with `~` may go or stay.
"""

ENGLISH = {
    "CT": (
        ["CT CHEST W CONTRAST", "CT Abdomen and Pelvis", "CT THORAX ABDOMEN", "HRCT Lungs", "CT Chest without IV contrast",
         "CTA Chest Pulmonary Embolism", "CT ANGIO AORTA", "CT Abdomen triple phase liver", "CT Urogram", "CT KUB stone protocol",
         "CT Lumbar Spine", "CT colonography", "Thorax low dose screening", "CT Pelvis bony", "CT enterography",
         "Cardiac CT calcium scoring", "CT guided biopsy lung"],
        ["Lung 1.25 mm", "Axial 5.0 Soft Tissue", "COR MPR 3.0", "Thorax 1.0 B70f", "portal venous phase 5 mm", "Scout",
         "ARTERIAL PHASE", "Delayed 10 min", "Bone 0.625", "SAG 2mm", "Topogram 0.6 T20f", "Lung HRCT insp", "expiration",
         "MIP 10/5", "CHEST 5MM STD", "AbdRoutine 5.0 B30f", "VENOUS", "Non contrast 3 mm", "Recon 2: LUNG", "ThorRoutine 2.0 I26f 3",
         "Axial thin", "monitoring 10.0", "Smart Prep Series", "Coronal reformat", "Body 5.0 Venous CE"],
        ["Chest Routine", "Abdomen Pelvis Routine Adult", "Lung Low Dose Screening", "5.8 Chest PE", "Thorax", "ABD_PELVIS",
         "CT_LIVER_3PHASE", "Urogram split bolus", "1.1 Lung Nodule Followup"],
    ),
    "MR": (
        ["MRI ABDOMEN W WO CONTRAST", "MR Knee left", "MRI LUMBAR SPINE", "MR Prostate multiparametric", "MRCP", "MRI Breast bilateral",
         "MR Liver with Eovist", "Cardiac MRI viability", "MRI SHOULDER RIGHT W/O", "MR Pelvis rectum staging", "MRI hip arthrogram",
         "MR Thoracic Spine", "Ankle left"],
        ["AX T2 FSE", "SAG T1", "t2_tse_tra", "DWI b800", "COR STIR", "T1 VIBE dynamic post contrast", "ep2d_diff_b50_400_800_ADC",
         "t1_vibe_fs_tra_bh_pre", "Ax LAVA +C", "SAG PD FAT SAT", "3 Plane Loc SSFSE", "localizer", "AX DWI 600", "WATER: Ax LAVA",
         "t2_haste_cor_mbh", "BLADE", "PROPELLER T2", "SUB 1", "Ph1/Ax Vibrant", "COR T2 SPACE 3D", "in phase", "out of phase",
         "T2W_TSE", "sT1W_TFE", "dS DWI_3b", "SAG T2 FRFSE", "ADC (10^-6 mm2/s)", "TRACEW", "Axial FIESTA", "cine SA stack",
         "PSIR late enhancement", "T2* map"],
        ["Knee Routine", "LUMBAR SPINE", "Liver dynamic", "t2_tse_sag", "Prostate 3T", "MRCP_3D", "ep2d_diff"],
    ),
    "PT": (
        ["PET CT FDG Whole Body", "PET CT tumor staging", "PET-CT skull base to mid thigh", "PSMA PET CT", "FDG PET lymphoma restaging"],
        ["PET AC 3D", "WB CTAC", "PET NAC", "FDG WB 3D MAC", "PET_CT AC Body", "Body PET OSEM 4i 8s", "WB Corrected 128x128"],
        ["Oncology FDG", "PETCT_WholeBody", "WB 2 min/bed"],
    ),
    "CR": (
        ["Chest PA and lateral", "XR Hip right", "Portable chest", "ABDOMEN SUPINE", "Left wrist 3 views", "Pelvis", "Ribs left"],
        ["CHEST PA", "Lateral", "Pelvis AP", "AP supine portable", "Wrist obl", "Hip axial", "PA erect"],
        ["Chest adult", "Abdomen AP", "Wrist"],
    ),
    "DX": (
        ["XR CHEST 2 VIEWS", "XR Knee 3 views", "Thorax p.a.", "Foot right weight bearing", "LUMBAR SPINE AP LAT", "Shoulder Y view"],
        ["PA", "LATERAL", "AP upright", "Knee sunrise", "Oblique", "Y-view"], ["CHEST PA grid", "Knee AP", "Spine lateral"],
    ),
    "MG": (
        ["Mammogram screening bilateral", "MAMMO DIAGNOSTIC LEFT", "MG Screening Tomosynthesis", "Stereotactic biopsy right breast"],
        ["R CC", "L MLO", "L CC magnification", "RMLO", "LCC", "R ML spot compression", "L XCCL"], ["Screening", "Diagnostic"],
    ),
    "US": (["US Abdomen complete", "US Thyroid", "Renal ultrasound"], ["Liver", "Right kidney long axis"], ["Abdomen"]),
    "XA": (
        ["Coronary angiogram", "ANGIO LOWER EXTREMITY", "PCI LAD", "Renal arteriogram"],
        ["Left Coronary 15 fps", "DSA 4 fps", "RCA LAO 30", "LV gram", "Abdominal aorta"], ["Coronary", "Card 15 F/s low"],
    ),
    "RF": (
        ["Barium swallow", "UPPER GI SERIES", "Barium enema", "Voiding cystourethrogram"],
        ["Swallow lateral", "Stomach AP", "Esophagus LPO", "single contrast"], ["Esophagus 4 fps", "Colon"],
    ),
    "NM": (
        ["NM Bone Scan whole body", "MYOCARDIAL PERFUSION", "Renogram MAG3", "V/Q scan", "Thyroid uptake Tc-99m"],
        ["Anterior posterior", "Static planar", "Stress SPECT", "Perfusion RAO"], ["Bone Static", "Renal dynamic"],
    ),
    "OT": (["CT CHEST W CONTRAST"], ["Dose summary"], ["Chest"]),
    "RT": (
        ["Radiotherapy planning prostate", "RT Planning Lung", "Breast tangents"], ["Structures", "Plan", "Dose", "RTSTRUCT"], ["Planning"]),
    "SEG": (["CT CHEST W CONTRAST"], ["Segmentation", "Liver segmentation", "Lung nodule segmentation"], ["Chest"]),
    "PR": (["CT CHEST W CONTRAST"], ["Presentation State"], ["Chest"]),
    "KO": (["CT CHEST W CONTRAST"], ["Key Images", "Key Object Note"], ["Chest"]),
    "SR": (["CT CHEST W CONTRAST"], ["Dose Report", "Radiation Dose Information", "X-Ray Radiation Dose Report"], ["Chest"]),
}  # fmt: skip
JAPANESE = {
    "CT": (
        ["胸部単純CT", "腹部造影CT", "胸腹部 造影", "胸部CT(単純)", "肝ダイナミックCT", "大動脈3DCTA", "冠動脈CT", "骨盤部CT", "腰椎CT",
         "胸腹骨盤CT 造影あり", "CTガイド下肺生検", "尿路結石CT"],
        ["水平断 5mm", "肺野条件 1mm", "冠状断", "縦隔条件", "動脈相", "門脈相", "平衡相 5mm", "位置決め", "骨条件 矢状断", "肺野HRCT",
         "薄切り1mm", "早期相", "後期相", "胸部 5.0mm", "MPR冠状断"],
        ["胸部ルーチン", "腹部造影", "肝3相", "胸部低線量"],
    ),
    "MR": (
        ["腰椎MRI", "腹部MRI 造影", "膝関節 左", "肩関節MRI 右", "前立腺MRI", "骨盤MRI", "MRCP", "乳房MRI", "心臓MRI", "胸椎MRI"],
        ["T2強調 矢状断", "拡散強調", "脂肪抑制T1", "T1強調 横断", "造影後T1", "STIR 冠状断", "ダイナミック 動脈相", "位置決め画像", "T2横断",
         "プロトン密度", "ADCマップ"],
        ["腰椎", "膝関節", "前立腺"],
    ),
    "PT": (["FDG-PET 全身", "PET/CT 悪性腫瘍", "全身PET 再発検索"], ["吸収補正あり", "PET 全身", "吸収補正なし", "遅延像"], ["全身", "全身PET"]),
    "CR": (["胸部単純撮影 立位", "骨盤 正面", "腹部 臥位", "手関節 両側", "肋骨 斜位", "ポータブル胸部"],
           ["正面", "側面", "立位", "斜位", "背臥位正面"], ["胸部 正面", "腹部"]),
    "DX": (["胸部 2方向", "右膝関節", "腰椎4方向", "足関節 左 荷重", "胸部健診"], ["正面", "側面", "右斜位", "立位正面"], ["胸部", "腰椎側面"]),
    "MG": (["乳房撮影 両側", "マンモグラフィ検診"], ["右 MLO", "左 CC", "左MLO 拡大"], ["マンモグラフィ"]),
    "XA": (["冠動脈造影", "腹部血管造影", "下肢動脈造影"], ["左冠動脈", "腹腔動脈", "DSA 正面"], ["心カテ"]),
    "RF": (["上部消化管造影", "注腸検査", "嚥下造影"], ["食道 正面", "胃 二重造影", "側面"], ["胃透視"]),
    "NM": (["骨シンチ", "心筋血流シンチ 負荷", "腎動態シンチ"], ["前面 後面", "負荷時", "安静時"], ["骨シンチ全身"]),
}  # fmt: skip
CHINESE = {
    "CT": (["胸部CT平扫", "腹部CT 增强"], ["肺窗 1mm", "Axial 5.0", "动脉期"], ["胸部"]),
    "MR": (["腹部MRI", "腰椎MRI"], ["T2 矢状位", "DWI"], ["腹部"]),
}
# How an identifier gets into a description: around or behind its words.
SLIPS = ["{}", "{}", "{}", "{} {family}", "{} ~for {name}", "{} ~Dr. {staff}", "{} {mrn}", "{} {date}", "{institution} {}",
         "{} ~acc {accession}", "{} {shouted}", "{} {birth}", "{} {phone}", "{name} {}"]  # fmt: skip
SLIPS_JAPAN = ["{}", "{}", "{} {name}様", "{} {family}", "{} {mrn}", "{} {birth}生", "{} {staff}先生", "{institution} {}",
               "{} {date}"]  # fmt: skip
HISTORY = [
    "{name} , ~born {birth} , ~lives ~at {address} . ~Wife {relative} ~can ~be ~reached ~at {phone} .",
    "~Patient {name} ( {mrn} ) ~seen ~at {institution} ~on {date} ~by ~Dr. {staff} .",
    "~Insurance {insurance} , ~SSN {social} , ~e-mail {mail} ; ~see {url}",
    "~Transferred ~from {institution} . ~Daughter {relative} {phone} .",
]
HISTORY_JAPAN = [
    "{name}様 {birth}生 住所:{address} 電話:{phone} 長女:{relative}",
    "患者番号:{mrn} 担当医:{staff}先生 {institution}より紹介 {date}",
    "~保険証番号 {insurance} ~連絡先 {mail}",
]
COMMENTS = ["contrast delayed phase , ~call {phone}", "motion artifact {name}", "{mrn} breath hold", "supine ~per ~Dr. {staff}",
            "~prior {date} {institution}", "arms down", "repeat study ~see {url}", "metal artifact from hip prosthesis {family}",
            "incomplete inspiration", "IV infiltrated , half dose of contrast ~called {staff}", "compare with prior chest x-ray"]  # fmt: skip
COMMENTS_JAPAN = ["体動あり {name}様", "造影 後期相 {staff}", "息止め不良 {mrn}", "~前回 {date} {institution}", "仰臥位", "造影剤 漏出あり",
                  "金属アーチファクト {family}", "撮影範囲追加 {staff}先生", "車椅子 {name}さん"]  # fmt: skip


def tables(land, kind):
    """(study, series, protocol) words of a kind of object in a land."""
    own = {"japan": JAPANESE, "china": CHINESE}.get(land, {})
    english = ENGLISH[kind]
    return [a + b for a, b in zip(english, own.get(kind, ([], [], [])))]


def slipped(land, texts):
    """Templates of descriptions: each text with each slip."""
    out = []
    for text in texts:
        slips = SLIPS_JAPAN if not text.isascii() else SLIPS
        out += [slip.replace("{}", text, 1) for slip in slips]
    return out
