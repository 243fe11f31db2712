"""What the codes of the tables in use mean (standards.md section 4).

For people who look at messages; hl7apy knows which codes a version has, not what
they say.
"""

from __future__ import annotations


def _table(text: str) -> dict[str, str]:
    """`CODE meaning`, parted by semicolons or line ends."""
    lines = text.replace(";", "\n").strip().splitlines()
    pairs = (line.strip().partition(" ") for line in lines)
    return {code: meaning for code, _, meaning in pairs}


MEANINGS: dict[str, dict[str, str]] = {
    "0001": _table(
        """
        F Female; M Male; O Other; U Unknown; A Ambiguous; N Not applicable
        """
    ),
    "0003": _table(
        """
        A01 Admit; A02 Transfer; A03 Discharge; A04 Register; A05 Pre-admit
        A06 Outpatient becomes inpatient; A07 Inpatient becomes outpatient
        A08 Update of patient information; A10 Patient arriving; A11 Admit cancelled
        A12 Transfer cancelled; A13 Discharge cancelled
        A18 Merge of patient information; A24 Link of patient information
        A28 Person added; A31 Person updated; A34 Merge: patient ID only
        A35 Merge: account only; A36 Merge: patient ID and account
        A37 Unlink of patient information; A38 Pre-admit cancelled
        A40 Merge: patient identifier list; A41 Merge: account; A42 Merge: visit
        A43 Move: patient identifiers; A44 Move: account; A45 Move: visit
        A47 Change of patient identifiers; A49 Change of account
        A50 Change of visit number; A51 Change of alternate visit ID; O01 Order
        O02 Order response; O19 General clinical order
        O20 General clinical order response; O21 Laboratory order
        O22 Laboratory order response; O23 Imaging order; O24 Imaging order response
        P03 Charges; Q11 Query; K11 Response to a query; R01 Observation result
        R02 Query for results; R04 Response to a query for results
        S12 Appointment booked; S13 Appointment rescheduled; S14 Appointment modified
        S15 Appointment cancelled; S16 Appointment discontinued; S17 Appointment deleted
        S26 Patient did not come; T01 Document announced
        T02 Document announced, with content; T04 Document status change, with content
        T06 Document addendum, with content; T08 Document edit, with content
        T10 Document replaced, with content; T11 Document cancelled
        """
    ),
    "0004": _table(
        """
        E Emergency; I Inpatient; O Outpatient; P Pre-admit; R Recurring patient
        B Obstetrics; C Commercial account; N Not applicable; U Unknown
        """
    ),
    "0008": _table(
        """
        AA Accepted; AE Application error; AR Rejected; CA Commit accepted
        CE Commit error; CR Commit rejected
        """
    ),
    "0038": _table(
        """
        A Some results available; CA Cancelled; CM Completed; DC Discontinued
        ER Error, order not found; HD On hold; IP In process, unspecified; RP Replaced
        SC In process, scheduled
        """
    ),
    "0074": _table(
        """
        AU Audiology; BG Blood gases; BLB Blood bank; CH Chemistry; CP Cytopathology
        CT CT scan; CTH Cardiac catheterization; CUS Cardiac ultrasound
        EC Electrocardiac; EN Electroneuro; HM Hematology; ICU Bedside ICU monitoring
        IMM Immunology; LAB Laboratory; MB Microbiology; MCB Mycobacteriology
        MYC Mycology; NMR Nuclear magnetic resonance; NMS Nuclear medicine scan
        NRS Nursing service measures; OSL Outside laboratory; OT Occupational therapy
        OTH Other; OUS Obstetric ultrasound; PF Pulmonary function; PHR Pharmacy
        PHY Physician; PT Physical therapy; RAD Radiology; RC Respiratory care
        RT Radiation therapy; RUS Radiology ultrasound; RX Radiograph
        SP Surgical pathology; SR Serology; TX Toxicology; VR Virology
        VUS Vascular ultrasound; XRC Cineradiograph
        """
    ),
    "0078": _table(
        """
        L Below low normal; H Above high normal; LL Below lower panic limit
        HH Above upper panic limit; < Below absolute low of the instrument
        > Above absolute high of the instrument; N Normal; A Abnormal; AA Very abnormal
        U Significant change up; D Significant change down; B Better; W Worse
        S Susceptible; R Resistant; I Intermediate; MS Moderately susceptible
        VS Very susceptible
        """
    ),
    "0085": _table(
        """
        C Correction, replaces a final result; D Deletes the observation; F Final
        I Specimen in laboratory, results pending; N Not asked; O Order detail only
        P Preliminary; R Entered, not verified; S Partial
        U Becomes final, not sent again; W Post original as wrong; X Cannot be obtained
        A Amended; B Appended; V Verified
        """
    ),
    "0103": _table(
        """
        P Production; T Training; D Debugging
        """
    ),
    "0119": _table(
        """
        NW New order; OK Order accepted; UA Unable to accept the order
        SN Send order number; NA Number assigned; CA Cancel the order
        CR Cancelled as requested; UC Unable to cancel; OC Order cancelled
        DC Discontinue the order; DR Discontinued as requested; UD Unable to discontinue
        OD Order discontinued; HD Hold the order; HR On hold as requested
        UH Unable to hold; OH Order held; RL Release the hold; OR Released as requested
        UR Unable to release; OE Order released; XO Change the order
        XR Changed as requested; UX Unable to change; XX Order changed
        RP Replace the order; RQ Replaced as requested; UM Unable to replace
        RU Replaced, not asked for; RO Replacement order; SS Ask for the status
        SR Response to a status request; SC Status changed; RE Observations follow
        CN Combined result; PR Previous results; PA Parent order; CH Child order
        RR Request received; DE Data error
        """
    ),
    "0123": _table(
        """
        O Order received, specimen not yet; S Scheduled, not done
        I No results, procedure incomplete; R Stored, not verified; P Preliminary
        A Some but not all results; F Final; C Corrected; X No results, order cancelled
        Y No order on record; Z No record of this patient
        """
    ),
    "0125": _table(
        """
        AD Address; CE Coded entry; CF Coded, formatted values
        CK Composite ID with check digit; CN Composite ID and name; CP Composite price
        CWE Coded with exceptions; CX Extended composite ID; DT Date
        ED Encapsulated data; FT Formatted text; ID Coded value; MO Money; NM Number
        PN Person name; RP Reference pointer; SN Structured number; ST String; TM Time
        TN Telephone number; TS Time stamp; TX Text; XAD Extended address
        XCN Extended person by ID and name; XON Extended organization name
        XPN Extended person name; XTN Extended telecommunication number
        """
    ),
    "0127": _table(
        """
        DA Drug allergy; FA Food allergy; MA Miscellaneous allergy
        MC Miscellaneous contraindication; EA Environmental allergy; AA Animal allergy
        PA Plant allergy; LA Pollen allergy
        """
    ),
    "0128": _table(
        """
        SV Severe; MO Moderate; MI Mild; U Unknown
        """
    ),
    "0155": _table(
        """
        AL Always; NE Never; ER Errors and rejects only; SU Successes only
        """
    ),
    "0203": _table(
        """
        ACSN Accession ID; AN Account number; DL Driver's licence; MA Medicaid number
        MC Medicare number; MR Medical record number; NI National identifier
        PI Patient internal identifier; PN Person number; PPN Passport number
        PT Patient external identifier; SS Social security number; VN Visit number
        XX Organization identifier
        """
    ),
    "0208": _table(
        """
        OK Data found; NF No data found, no errors; AE Application error
        AR Application reject
        """
    ),
    "0276": _table(
        """
        ROUTINE Routine; WALKIN Walk-in; CHECKUP Check-up; FOLLOWUP Follow-up
        EMERGENCY Emergency
        """
    ),
    "0277": _table(
        """
        Normal Routine schedule request; Tentative Tentative, not confirmed
        Complete Request to add a completed appointment
        """
    ),
    "0278": _table(
        """
        Pending Not confirmed yet; Waitlist On a waiting list; Booked Booked
        Started Begun, not completed; Complete Completed
        Cancelled Stopped before it began; Dc Stopped after it began; Deleted Removed
        Blocked Time is blocked; Overbook Booked beyond capacity
        Noshow Patient did not come
        """
    ),
    "0357": _table(
        """
        0 Message accepted; 100 Segment sequence error; 101 Required field missing
        102 Data type error; 103 Table value not found; 200 Unsupported message type
        201 Unsupported event code; 202 Unsupported processing ID
        203 Unsupported version ID; 204 Unknown key identifier
        205 Duplicate key identifier; 206 Application record locked
        207 Application internal error
        """
    ),
    "0485": _table(
        """
        S Stat; A As soon as possible; R Routine; P Pre-operative; C Callback
        T Timing critical; PRN As needed
        """
    ),
    "0516": _table(
        """
        E Error; W Warning; I Information; F Fatal error
        """
    ),
}
# IHE puts DICOM modalities into OBR-24, whose table has words of its own.
MODALITIES = _table(
    """
    CR Computed radiography; DX Digital radiography; ES Endoscopy
    IO Intra-oral radiography; MG Mammography; MR Magnetic resonance
    NM Nuclear medicine; OP Ophthalmic photography; PT Positron emission tomography
    PX Panoramic X-ray; RF Radiofluoroscopy; RG Radiographic imaging; US Ultrasound
    XA X-ray angiography
    """
)


def meaning(table: str, code: str) -> str:
    """Empty where we keep none."""
    found = MEANINGS.get(table, {}).get(code, "")
    return found or (MODALITIES.get(code, "") if table == "0074" else "")
